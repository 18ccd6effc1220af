// RabbitMQ with its OAuth 2.0 plugin, as Debian packages them: a program logs in to the broker with an access token of its own.
import t from 'tap'
import { REAL } from '../support/app.ts'
import { application, serve } from '../support/oauth.ts'
import { claimsOf, post } from '../support/oauth-requests.ts'
import { blocksOf } from '../support/parties/guide.ts'
import { commands, hasRabbitmq, startRabbitmq } from '../support/parties/rabbitmq.ts'

const BROKER = 'https://mq.example'
/** Of this broker, as its plugin spells permissions: on any virtual host, any name. */
const [CONFIGURE, WRITE, READ] = ['configure', 'write', 'read'].map(permission => `${BROKER}.${permission}:*/*`)
const ALL = `${CONFIGURE} ${WRITE} ${READ}`

const isMissing = !hasRabbitmq() && process.env.CI !== 'true'
if (isMissing) console.error('NOT TESTED: RabbitMQ as a resource server. Install rabbitmq-server and amqp-tools')
const skip = (REAL && 'what RabbitMQ accepts does not depend on the profile') || (isMissing && 'needs RabbitMQ')

t.test('a program declares a queue, and sends and gets a message, by its scopes', { skip }, async t => {
  const { app, issuer } = await serve(t, {
    OAUTH_RESOURCES: JSON.stringify({ [BROKER]: ALL, 'https://other.example': 'other' }),
  })
  const scanner = await application(app, {
    redirect_uris: [],
    grant_types: ['client_credentials'],
    scope: `films:read other ${ALL}`,
  })
  const tokenFor = async (scope = '') =>
    String((await post(scanner, 'token', { grant_type: 'client_credentials', scope })).body.access_token)
  const [configuration = ''] = await blocksOf('openid-provider.md', 'RabbitMQ')
  const broker = commands(
    await startRabbitmq(t, configuration.replace('https://accounts.example', issuer), 'rabbitmq_auth_backend_oauth2'),
  )

  const token = await tokenFor(ALL)
  t.match(claimsOf(token), { aud: BROKER, client_id: scanner.id })
  t.equal(await broker.declare(token, 'sightings'), 'sightings')
  t.equal(await broker.publish(token, 'sightings', 'one X-wing'), '')
  t.equal(await broker.get(token, 'sightings'), 'one X-wing')

  t.match(await broker.declare(await tokenFor(READ), 'another'), /^refused/, 'without the scope')
  const refused = { ours: await tokenFor('films:read'), 'for another service': await tokenFor('other'), none: 'x' }
  for (const [name, wrong] of Object.entries(refused))
    t.match(await broker.get(wrong, 'sightings'), /^refused.*log/, name)
})
