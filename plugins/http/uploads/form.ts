import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import type { BusboyFileStream, BusboyInstance } from '@fastify/busboy'
import { errors } from '#schemas/errors.ts'
import { type Bounds, spool, type Upload } from './spool.ts'

interface Form {
  fields: Record<string, string>
  file: Upload | undefined
}

/** What a form may have besides its file (bytes). */
export const FORM_OVERHEAD_MAX_BYTES = 65_536

const invalid = (problem: string) => errors.requestInvalid({ details: { in: 'body', problem } })
export const endsEarly = () => invalid('ends early')

/**
 * Reads a form with a single file.
 * @param field the file's name
 * @throws requestInvalid, `tooLarge`
 * @see https://www.rfc-editor.org/rfc/rfc7578
 */
export async function readForm(
  body: Readable,
  headers: IncomingHttpHeaders,
  field: string,
  bounds: Bounds,
): Promise<Form> {
  const { maxBytes, tooLarge } = bounds
  const { Busboy } = await import('@fastify/busboy')
  if (body.destroyed) throw endsEarly()
  const limits = { files: 1, fileSize: maxBytes + 1, fields: 10, fieldNameSize: 100, fieldSize: 1000, parts: 12 }
  let parser: BusboyInstance
  try {
    parser = new Busboy({ headers: headers as { 'content-type': string }, limits })
  } catch {
    throw invalid('must be a form with a boundary')
  }
  const fields = new Map<string, string>()
  let stream: BusboyFileStream | undefined
  let file: Promise<Upload> | undefined
  const { promise: end, resolve, reject } = Promise.withResolvers<void>()
  let received = 0
  const count = (chunk: Buffer) => {
    received += chunk.length
    if (received > maxBytes + FORM_OVERHEAD_MAX_BYTES) reject(tooLarge())
  }
  const abort = () => void (body.readableEnded || reject(endsEarly()))

  parser.on('field', (name, value, nameTruncated, valueTruncated) => {
    if (nameTruncated || valueTruncated || fields.has(name)) return reject(invalid('has a field too many, or too long'))
    fields.set(name, value)
  })
  parser.on('file', (name: string, part: BusboyFileStream) => {
    stream = part.on('error', reject)
    if (name !== field) return reject(invalid(`must have its file in the field ${field}`))
    file = spool(part, bounds)
    file.catch(reject)
  })
  for (const limit of ['partsLimit', 'filesLimit', 'fieldsLimit'] as const)
    parser.on(limit, () => reject(invalid('has more parts than expected')))
  parser.on('finish', resolve)
  parser.on('error', () => reject(invalid('must be a form')))
  body.on('data', count).once('close', abort)
  body.pipe(parser)
  try {
    await end
    return { fields: Object.fromEntries(fields), file: await file }
  } finally {
    body.off('data', count).off('close', abort).unpipe(parser)
    parser.destroy()
    // Its end never comes once the parser stops, and the temporary file would stay open.
    stream?.destroy()
  }
}
