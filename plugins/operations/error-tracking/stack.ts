/** An error's stack as Sentry has it: where in the code, and no values. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

interface Frame {
  function?: string
  filename: string
  lineno: number
  colno: number
  in_app: boolean
}

/** `at name (file:line:column)` or `at file:line:column`. */
const LINE = /^\s+at (?:(?<name>[^()]{1,200}) \()?(?<file>[^()\s]{1,500}):(?<line>\d+):(?<column>\d+)\)?$/

const ROOT = join(import.meta.dirname, '../../..')
const ROOT_URL = pathToFileURL(ROOT).href

/** The innermost stands last. */
export function framesOf(error: Error): Frame[] {
  return linesOf(error).flatMap(frameOf).toReversed()
}

/** Without the message, which may have lines that look like these. */
function linesOf({ message, stack = '' }: Error): string[] {
  const start = stack.indexOf(message)
  return stack
    .slice(start < 0 ? 0 : start + message.length)
    .split('\n')
    .slice(1)
}

function frameOf(line: string): Frame[] {
  const { name, file = '', line: lineno, column } = LINE.exec(line)?.groups ?? {}
  if (lineno === undefined || file.startsWith('data:')) return []
  const filename = withoutRoot(file)
  const isOwn = filename !== file && !filename.startsWith('node_modules/')
  return [{ ...(name && { function: name }), filename, lineno: Number(lineno), colno: Number(column), in_app: isOwn }]
}

/** Where the service is installed is nobody's business. */
function withoutRoot(file: string): string {
  return file.replace(`${ROOT_URL}/`, '').replace(`${ROOT}/`, '')
}
