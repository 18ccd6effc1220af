// npm run docs: writes docs/errors.md from the catalog of errors.
import { writeFileSync } from 'node:fs'
import { STATUS_CODES } from 'node:http'
import { join } from 'node:path'
import { errors } from '#schemas/errors.ts'

/** `docs/errors.md`: a table per status. */
export function errorsPage(): string {
  const byStatus = Map.groupBy(Object.values(errors), ({ statusCode }) => statusCode)
  const tables = [...byStatus]
    .toSorted(([a], [b]) => a - b)
    .map(([status, entries]) => {
      const rows = entries.map(({ code, meaning, advice }) => `| \`${code}\` | ${meaning} | ${advice} |`).toSorted()
      return `## ${status} ${STATUS_CODES[status]}\n\n| Code | Meaning | What to do |\n| --- | --- | --- |\n${rows.join('\n')}\n`
    })
  return `# Errors

Every error has the same form:

\`\`\`json
{
  "status": "error",
  "statusCode": 400,
  "error": "Bad Request",
  "message": "email-invalid",
  "details": { "in": "body", "field": "email", "problem": "must match pattern" }
}
\`\`\`

\`message\` is a stable code: branch on it, and on \`statusCode\` where a code comes with two of them. \`details\` is for developers and may be absent: for invalid input it names the part of the
request, the field and the problem; for an exceeded limit, the limit. Every response has an
\`x-request-id\`, but for those to malformed HTTP, where there is no request yet; quote it when you report a problem. 401 carries \`WWW-Authenticate\`, 429 and 503
carry \`Retry-After\` in seconds, and 405 carries \`Allow\`.

The codes that an operation can return are listed with it in [openapi.json](openapi.json).

${tables.join('\n')}
\`npm run docs\` generates this page from the files in [schemas/errors/](../schemas/errors/).
`
}

if (import.meta.main) writeFileSync(join(import.meta.dirname, '../docs/errors.md'), errorsPage())
