// Where a person wanted to go, kept on the way through sign-up and forgotten passwords in one browser.
import t from 'tap'
import { build, newEmail, PASSWORD } from '../support/app.ts'
import { open, submit } from '../support/pages.ts'

const TARGET = `?redirect_to=${encodeURIComponent('/account/devices')}`
const EVIL = `?redirect_to=${encodeURIComponent('https://evil.example/')}`
const app = await build(t)

const FORMS = [
  ['/signup', { password: PASSWORD }],
  ['/signup/resend', {}],
  ['/forgot', {}],
] as const

for (const [path, form] of FORMS) {
  t.test(`${path} keeps redirect_to from the sign-in page and back to it`, async t => {
    t.match((await open(app, path + TARGET)).body, `action="${path}${TARGET}"`)
    if (path !== '/signup/resend') t.match((await open(app, `/signin${TARGET}`)).body, `href="${path}${TARGET}"`)
    const sent = await submit(app, path + TARGET, { ...form, email: newEmail() })
    t.equal(sent.statusCode, 303)
    t.match((await open(app, String(sent.headers.location))).body, `href="/signin${TARGET}"`)
    const failed = await submit(app, path + TARGET, { ...form, email: 'no address' })
    t.match(failed.body, `action="${path}${TARGET}"`)
  })

  t.test(`threat: ${path} carries a target that is not allowed`, async t => {
    const sent = await submit(app, path + EVIL, { ...form, email: newEmail() })
    t.notMatch(sent.headers.location, 'evil')
    for (const page of [await open(app, path + EVIL), await submit(app, path + EVIL, { email: 'no address' })])
      t.notMatch(page.body, /(action|href)="\/(signin|signup|forgot)[^"]*evil/)
  })
}
