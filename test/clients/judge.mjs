/** Tries tokens on a snippet that exports `verify` or an `app`. */
import { json } from 'node:stream/consumers'
import * as snippet from './snippet.mjs'

/** @returns {Promise<(token: string) => Promise<unknown>>} throws if the token is refused */
async function verifier({ verify, app }) {
  if (verify) return verify
  // Fastify resolves to its URL, Express returns a server.
  const fastify = 'inject' in app
  const url = fastify
    ? await app.listen({ port: 0, host: '127.0.0.1' })
    : await new Promise(resolve => {
        const server = app.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${server.address().port}`))
      })
  return async token => {
    const response = await fetch(url, { headers: { authorization: `Bearer ${token}` } })
    if (!response.ok) throw new Error(`${response.status} ${(await response.text()).slice(0, 300)}`)
  }
}

const verify = await verifier(snippet)
const outcomes = {}
for (const [name, token] of Object.entries(await json(process.stdin)))
  outcomes[name] = await verify(token).then(
    () => 'accepted',
    error => `refused: ${error.message}`,
  )
console.log(JSON.stringify(outcomes))
process.exit()
