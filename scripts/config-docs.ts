// npm run docs: writes `.env.example` and `docs/configuration.md` from the schema of the configuration. `--check` only says whether they are up to date.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ConfigSchema } from '../plugins/config/schema.ts'

interface Setting {
  name: string
  /** As it would be written into the environment; empty where there is none. */
  value: string
  /** A default that is no constant, in words. */
  otherwise: string | undefined
  meaning: string
}

const settings: Setting[] = Object.entries(ConfigSchema.properties).map(([name, schema]) => {
  const { default: value = '', description = '' } = schema as { default?: unknown; description?: string }
  const [meaning = '', otherwise] = description.split(/\.? Default: /)
  return { name, value: String(value), otherwise, meaning }
})

/** `.env.example`: every setting, commented out, with its default. */
export function envExample(): string {
  const head = [
    '# Copy this file to .env, and uncomment what you want to change: what stands here is the default.',
    '# What the environment sets goes before what .env sets. Made by `npm run docs`; see docs/configuration.md.',
  ]
  const entries = settings.map(({ name, value, otherwise, meaning }) => {
    const note = otherwise ? `${meaning}. Default: ${otherwise}` : meaning
    return `# ${note}\n#${name}=${/[\s<>#]/.test(value) ? `"${value}"` : value}`
  })
  return `${[head.join('\n'), ...entries].join('\n\n')}\n`
}

/** `docs/configuration.md`: every setting in one table. */
export function configurationPage(): string {
  const rows = settings.map(({ name, value, otherwise, meaning }) => {
    const fallback = value ? code(value) : (otherwise ?? '—')
    return `| ${code(name)} | ${cell(fallback)} | ${cell(meaning)} |`
  })
  return `# Configuration

Settings are environment variables. A file \`.env\` in the working folder fills in what the environment leaves out; [.env.example](../.env.example) is one
to begin with. An empty value is none. Nothing has to be set for the embedded profile (SQLite, no Redis, a development mailbox); with \`NODE_ENV=production\`, \`SECRET\`,
\`PUBLIC_URL\` and \`SMTP_URL\` are required.

A wrong or missing value stops the start with one line that names the variable and what it wants. Variables that are not in the table are left alone.

| Variable | Default | Meaning |
| --- | --- | --- |
${rows.join('\n')}

\`npm run docs\` makes this page from [plugins/config/schema.ts](../plugins/config/schema.ts).
`
}

const code = (text: string) => `\`${text}\``
const cell = (text: string) => text.replaceAll('|', '\\|')

const FILES = { '.env.example': envExample, 'docs/configuration.md': configurationPage }

/** The files that are not what they would be written as now. */
export function outdated(): string[] {
  return Object.entries(FILES).flatMap(([file, make]) => (read(file) === make() ? [] : [file]))
}

const path = (file: string) => join(import.meta.dirname, '..', file)

function read(file: string): string | undefined {
  try {
    return readFileSync(path(file), 'utf8')
  } catch {
    return undefined
  }
}

if (import.meta.main) {
  if (process.argv.includes('--check')) {
    const files = outdated()
    if (files.length > 0) console.error(`Out of date: ${files.join(', ')}. Run \`npm run docs\`.`)
    process.exitCode = files.length > 0 ? 1 : 0
  } else {
    for (const [file, make] of Object.entries(FILES)) writeFileSync(path(file), make())
  }
}
