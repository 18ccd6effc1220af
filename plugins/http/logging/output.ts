import { fstatSync, writeFile, writeSync } from 'node:fs'

/** Maximum buffered for a slow reader (characters); lines beyond it are dropped and counted. */
const BUFFER_MAX_LENGTH = 1024 * 1024

export interface Output {
  write(line: string): void
  /** Lines dropped so far. */
  lost(): number
}

/**
 * Standard output for a service that must neither block on it nor hang on it at exit. A blocked pipe, a closed reader and a full disk cost lines,
 * and nothing else.
 */
export function standardOutput(): Output {
  output ??= open()
  return output
}

let output: Output | undefined

function open(): Output {
  const { fd } = process.stdout
  const kind = fstatSync(fd)
  return kind.isFIFO() || kind.isSocket() ? pipeOutput(process.stdout) : fileOutput(fd)
}

/** Node writes to pipes asynchronously. A write by `fs` would block a thread of the pool, and a process cannot exit before its threads. */
function pipeOutput(pipe: NodeJS.WriteStream): Output {
  let lost = 0
  const count = (error?: Error | null) => {
    if (error) lost++
  }
  pipe.on('error', () => {})
  return {
    write(line) {
      if (pipe.writableLength > BUFFER_MAX_LENGTH) lost++
      else pipe.write(line, count)
    },
    lost: () => lost,
  }
}

/** How long lines wait after a write for the next one (ms): each has a system call and a thread to pay for, and a busy service would make one for each line. */
const PAUSE_MS = 10

/** Node writes to files synchronously, and gives up after the first error: hence `fs`. */
function fileOutput(fd: number): Output {
  let lost = 0
  let buffer: string[] = []
  let size = 0
  let writing = false

  function take(): string[] {
    const lines = buffer
    buffer = []
    size = 0
    return lines
  }

  function flush(): void {
    const lines = take()
    writing = true
    writeFile(fd, lines.join(''), error => {
      if (error) lost += lines.length
      setTimeout(goOn, PAUSE_MS).unref()
    })
  }

  function goOn(): void {
    writing = false
    if (buffer.length > 0) flush()
  }

  process.once('exit', () => {
    try {
      writeSync(fd, take().join(''))
    } catch {
      // Nothing can be reported any more.
    }
  })

  return {
    write(line) {
      if (size > BUFFER_MAX_LENGTH) return void lost++
      buffer.push(line)
      size += line.length
      if (!writing) flush()
    },
    lost: () => lost,
  }
}
