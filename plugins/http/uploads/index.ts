// app.uploads, request.upload: routes that take a file, by a form or as the body itself. It waits in a temporary file, not in memory.
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { errors, type Thrower } from '#schemas/errors.ts'
import { endsEarly, FORM_OVERHEAD_MAX_BYTES, readForm } from './form.ts'
import { spool, type Upload } from './spool.ts'

interface UploadOptions {
  /** The form's field. */
  field: string
  /** Media types of the file as the body itself; none, if it comes by a form only. */
  types: readonly string[]
  maxBytes: number
  /** The error of a larger one. */
  tooLarge: Thrower
}

declare module 'fastify' {
  interface FastifyInstance {
    uploads: {
      /**
       * For the routes of a scope: they take a file as `request.upload`. The body has the other fields of the form; of a file as the body itself it is an empty text.
       * They throw `tooLarge`, requestInvalid and unavailable before their handler, and take no JSON. Those of a form come after the guards, which have to let a
       * request pass before its form comes back with the error.
       */
      accept(scope: FastifyInstance, options: UploadOptions): void
    }
  }
  interface FastifyRequest {
    /** The file that was uploaded, until the response is sent. */
    upload: Upload | undefined
    /** Why the form could not be read. */
    unreadable: Error | undefined
    /** Aborted when the response is sent, or the client is gone. */
    ended: AbortController | undefined
  }
}

/** Uploads at once: what their files take of the disk is bounded. */
const UPLOADS_MAX = 100
/** Seconds. */
const RETRY_AFTER = 2

export default fp(
  async app => {
    const folder = app.config.DATA_DIR
    let active = 0

    /** @returns a signal that is aborted when the request is over */
    function begin(request: FastifyRequest): AbortSignal {
      const { socket } = request.raw
      // Its end has been, and would not come again.
      if (socket.destroyed) throw endsEarly()
      if (active >= UPLOADS_MAX) throw errors.unavailable({ retryAfter: RETRY_AFTER })
      const ended = new AbortController()
      const end = () => ended.abort()
      request.ended = ended
      active++
      ended.signal.addEventListener('abort', () => {
        active--
        socket.off('close', end)
      })
      // Not that of the response: one that waits for an earlier one of the connection has none.
      socket.once('close', end)
      return ended.signal
    }

    app.decorateRequest('upload', undefined)
    app.decorateRequest('unreadable', undefined)
    app.decorateRequest('ended', undefined)
    app.decorate('uploads', {
      accept(scope, { field, types, maxBytes, tooLarge }) {
        scope.removeContentTypeParser('application/json')
        scope.addHook('onResponse', async request => request.ended?.abort())
        if (types.length > 0)
          scope.addContentTypeParser([...types], async (request: FastifyRequest, body: FastifyRequest['raw']) => {
            assertLength(request, maxBytes, tooLarge)
            // Not destroyed when too much arrives: the response has to be read.
            const chunks = body.iterator({ destroyOnReturn: false })
            request.upload = await spool(chunks, { folder, maxBytes, tooLarge, until: begin(request) })
            return ''
          })
        const formBounds = { folder, maxBytes, tooLarge: () => tooLarge({ details: { in: 'body', field } }) }
        const read = async (request: FastifyRequest, body: FastifyRequest['raw']) => {
          assertLength(request, maxBytes + FORM_OVERHEAD_MAX_BYTES, formBounds.tooLarge)
          const { fields, file } = await readForm(body, request.headers, field, {
            ...formBounds,
            until: begin(request),
          })
          request.upload = file
          return fields
        }
        scope.addContentTypeParser('multipart/form-data', (request: FastifyRequest, body: FastifyRequest['raw']) =>
          read(request, body).catch(error => {
            request.unreadable = error
            return {}
          }),
        )
        scope.addHook('onRoute', route => {
          route.preValidation = [...[route.preValidation ?? []].flat(), rejectUnreadable]
        })
      },
    })
  },
  { name: 'uploads', dependencies: ['config'] },
)

async function rejectUnreadable({ unreadable }: FastifyRequest): Promise<void> {
  if (unreadable) throw unreadable
}

/** Before anything is read. Without a length, what arrives is counted. */
function assertLength({ headers }: FastifyRequest, maxBytes: number, tooLarge: () => Error): void {
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge()
}
