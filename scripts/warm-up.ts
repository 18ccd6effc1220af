// Loads what the service loads, so that Node's compile cache (NODE_COMPILE_CACHE) is filled before the first start: for images, whose files cannot be written
// later. Node keeps a cache per user: run it as the user the service will run as. It does not listen, and leaves nothing else behind.
import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from '../app.ts'
import { readConfig } from '../plugins/config/index.ts'

const SECRET = randomBytes(32).toString('hex')
const app = build(readConfig({ SECRET, DATABASE_URL: 'sqlite::memory:', LOG_LEVEL: 'silent' }))
await app.ready()
const templates = await readdir(join(import.meta.dirname, '../plugins/mailer/templates'))
await Promise.all(templates.map(file => import(`../plugins/mailer/templates/${file}`)))
await Promise.all([app.metrics.scrape(), import('../plugins/mailer/smtp.ts'), import('ioredis'), import('mysql2')])
await app.close()
