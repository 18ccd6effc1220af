/** docs/frontend.md at its word: its program, extracted and run with the browser client, and what it says of the client. */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { build, listen, PASSWORD, verifiedUser } from '../support/app.ts'
import { type Client, changeTokens, openTab, SOURCE, tokensIn } from '../support/browser-client.ts'
import { enrolled, otpOf } from '../support/mfa.ts'
import { logOut } from '../support/session.ts'

interface Program {
  client: Client
  logIn(email: string, password: string, askForCode: () => Promise<string>): Promise<string | undefined>
  whenLoggedOut(showLogin: (message: string) => void): () => void
  readFilms(): Promise<object[]>
}

const page = await readFile(join(import.meta.dirname, '../../docs/frontend.md'), 'utf8')
const app = await build(t)
const base = await listen(app)

const [, code = ''] = /^```ts\n(.*?)^```$/ms.exec(page) ?? []
const file = join(t.testdir({}), 'program.ts')
await writeFile(file, code.replace("'holocron-browser'", `'${SOURCE}'`).replace('https://accounts.example.com', base))
const entries = new Map<string, string>()
const other = openTab(t, base, entries)
const program: Program = await import(pathToFileURL(file).href)
t.teardown(() => program.client.close())

const noCode = async () => ''

t.test('the program logs in, reads the films past a refresh, and hears of a logout in another tab', async t => {
  const { email, password } = await verifiedUser(app)
  t.equal(await program.logIn(email, 'Wrong1977', noCode), 'not-found')
  t.equal(await program.logIn(email, password, noCode), undefined)
  t.equal((await program.readFilms()).length, 7)
  changeTokens(entries, { refreshAt: 0 })
  t.equal((await program.readFilms()).length, 7)

  const heard = Promise.withResolvers<string>()
  t.teardown(program.whenLoggedOut(heard.resolve))
  await other.client.logOut()
  t.equal(await heard.promise, 'You are logged out.')
  t.same(await program.readFilms(), [])
})

t.test(
  'the program asks for a code where there is a second factor, and for the login when the session is over',
  async t => {
    const { user, secret } = await enrolled(app)
    t.equal(await program.logIn(user.email, PASSWORD, async () => otpOf(secret)), undefined)
    t.equal((await program.readFilms()).length, 7)
    const heard = Promise.withResolvers<string>()
    t.teardown(program.whenLoggedOut(heard.resolve))
    await logOut(app, tokensIn(entries).token)
    t.same(await program.readFilms(), [])
    t.equal(await heard.promise, 'Please log in again.')
  },
)

t.test('the page names every member of the client, and no other', async t => {
  const named = new Set([...page.matchAll(/\bclient\.(\w+)/g)].map(([, name]) => name))
  const members = new Set(Object.keys(program.client))
  // Its use is in tests.
  members.delete('close')
  t.same([...named].sort(), [...members].sort())
})
