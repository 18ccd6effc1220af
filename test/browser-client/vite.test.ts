/** The browser client as a package: its types, which come from the OpenAPI document, and the Vite example, built and run in a browser. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { REAL, verifiedUser } from '../support/app.ts'
import { complaints, openBrowser } from '../support/browser/chromium.ts'
import { serveExample } from '../support/browser/example.ts'
import { buildClient, buildExample, compile, isInstalled } from '../support/browser/vite-example.ts'

/** Every line from the third on is wrong, but the fourth. */
const WRONG = `import createApi from 'openapi-fetch'
import { createClient, type paths, ServiceError } from 'holocron-browser'
const client = createClient('https://accounts.example.com', { session: 'somewhere' })
const api = createApi<paths>({ fetch: client.fetch })
await client.logIn({ mail: 'leia@alderaan.example', password: 'Alderaan1977' })
await client.finishLogIn({ mfa_token: 'x' })
await api.GET('/film/v1/')
const code: ServiceError['code'] = 'not-fond'
export const title = (await client.me())?.title
`

// Two compilers and a bundler, while other tests run.
t.setTimeout(600_000)
const skip = REAL && 'the package does not depend on the profile'

t.test('the package', { skip }, async t => {
  if (!isInstalled(t)) return
  await buildClient()

  await t.test(
    'the example and the programs of docs/frontend.md compile; what contradicts the OpenAPI document does not',
    async t => {
      const page = await readFile(join(import.meta.dirname, '../../docs/frontend.md'), 'utf8')
      const [program = '', api = ''] = [...page.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code)
      const errors = await compile(t, {
        'program.ts': program,
        'api.ts': `${api}\nconsole.log(data?.title, error?.message)\n`,
        'wrong.ts': WRONG,
      })
      const places = [...errors.matchAll(/([\w/]+\.ts)\((\d+),/g)].map(([, file, line]) => `${file} ${line}`)
      t.same(
        [...new Set(places)],
        [3, 5, 6, 7, 8, 9].map(line => `wrong.ts ${line}`),
      )
    },
  )

  await t.test('the Vite example, built, logs in from another origin, reads the films and logs out', async t => {
    const browser = await openBrowser(t)
    if (!browser) return
    const heard = complaints(browser)
    const cors = (origin: string) => ({ CORS_ORIGINS: origin })
    const { app, origin } = await serveExample(t, cors, service => buildExample(t, service))
    const { email, password } = await verifiedUser(app)
    const page = await browser.newPage()
    await page.goto(origin)
    await page.getByLabel('E-mail').fill(email)
    await page.getByLabel('Password').fill(password)
    await page.getByRole('button', { name: 'Log in' }).click()
    await page.getByRole('listitem').nth(6).waitFor()
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.getByRole('status').filter({ hasText: 'You are logged out.' }).waitFor()
    t.same(heard, [], 'the browser complains of nothing')
  })
})
