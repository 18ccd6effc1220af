// A service beside Holocron: it verifies access tokens by itself, and refuses revoked ones at once.
import fastify from 'fastify'
import holocron from '../../clients/verify/src/fastify.ts'

const { ISSUER = 'http://localhost:3000', CLIENT_ID = '', CLIENT_SECRET = '', PORT = '4000' } = process.env

const app = fastify({ logger: true })
await app.register(holocron, { issuer: ISSUER, clientId: CLIENT_ID, clientSecret: CLIENT_SECRET })

app.get(
  '/',
  { config: { auth: false } },
  async () => 'The archive of the Jedi. Its holocrons are for those who are logged in.',
)
app.get('/holocrons', async ({ auth }) => ({ reader: auth.user_id, holocrons: ['Tionne', 'Bodo Baas'] }))
app.get('/restricted', { config: { auth: { role: 'admin' } } }, async () => ({ holocrons: ['Darth Andeddu'] }))

await app.listen({ port: Number(PORT) })
