// Server-side request forgery: where requests to a provider may go.
import { promisify } from 'node:util'
import t from 'tap'
import { isAllowed, publicLookup } from '../../../../plugins/http/outbound/addresses.ts'

const INSIDE = [
  'https://10.0.0.1/',
  'https://127.0.0.1/',
  'https://169.254.169.254/latest/meta-data/',
  'https://172.16.0.1/',
  'https://192.168.1.1/',
  'https://100.64.0.1/',
  'https://0.0.0.0/',
  'https://[::1]/',
  'https://[::]/',
  'https://[fd00::1]/',
  'https://[fe80::1]/',
  'https://[::ffff:10.0.0.1]/',
  'https://[64:ff9b::a00:1]/',
  'https://0x7f000001/',
  'https://2130706433/',
  'https://127.1/',
]

for (const url of INSIDE)
  t.test(`threat: metadata leads to ${url}`, async t => {
    t.notOk(isAllowed(new URL(url), ['login.corp.example']))
    t.ok(isAllowed(new URL(url), [new URL(url).hostname]), 'unless the operator configured it')
  })

t.test('other hosts are allowed over TLS alone, and never with credentials', async t => {
  t.ok(isAllowed(new URL('https://www.googleapis.com/oauth2/v3/certs'), ['accounts.google.com']))
  t.ok(isAllowed(new URL('https://[2606:4700::1]/keys'), []))
  for (const url of [
    'http://www.googleapis.com/',
    'https://user@login.corp.example/',
    'ftp://login.corp.example/',
    'data:,x',
  ])
    t.notOk(isAllowed(new URL(url), ['login.corp.example']), url)
})

t.test('without TLS only this machine is asked, where that is configured', async t => {
  t.ok(isAllowed(new URL('http://127.0.0.1:3001/token'), ['127.0.0.1']))
  t.notOk(isAllowed(new URL('http://127.0.0.1:3001/token'), ['localhost']))
  t.notOk(isAllowed(new URL('http://login.corp.example/token'), ['login.corp.example']))
})

t.test('threat: a public name resolves to a private address when the connection is made', async t => {
  const lookup = promisify(publicLookup)
  await t.rejects(lookup('localhost', {}), { message: /private addresses only/ })
  await t.rejects(lookup('localhost', { all: true }), { message: /private addresses only/ })
})
