// Takes the README's picture, Swagger UI with the films' response: `node test/support/browser/screenshot.ts docs/swagger-ui.png`. Port 3000 must be free.
import t from 'tap'
import { build, verifiedUser } from '../app.ts'
import { openBrowser } from './chromium.ts'
import { swaggerUi } from './swagger-ui.ts'

const [path = 'docs/swagger-ui.png'] = process.argv.slice(2)
const url = 'http://localhost:3000'

const app = await build(t, { PUBLIC_URL: url })
await verifiedUser(app, 'leia@alderaan.example')
await app.listen({ host: '127.0.0.1', port: 3000 })
const browser = await openBrowser(t)
const page = await browser?.newPage()
if (!page) throw new Error('no browser')

await page.goto(`${url}/ui`)
const ui = swaggerUi(page)
await ui.execute('login')
await ui.operation('login').locator('.opblock-summary-control').click()
await ui.execute('listFilms')
// The five parameters look alike, and would push the response out of the picture.
await ui
  .operation('listFilms')
  .locator('.parameters-container')
  .evaluate(element => element.remove())
await page.screenshot({ path, fullPage: true, clip: { x: 0, y: 0, width: 1280, height: 1150 } })
t.pass(path)
