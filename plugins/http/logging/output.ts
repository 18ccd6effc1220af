import { fstatSync, writeFile, writeSync } from 'node:fs'

/** What waits for a slow reader at most (characters); lines beyond it are lost, and counted. */
const BACKLOG = 1024 * 1024

export interface Output {
  write(line: string): void
  /** Lines that could not be written, so far. */
  lost(): number
}

/**
 * Standard output for a service that must neither wait for it nor hang on it at its end. A blocked pipe, a reader that is gone and a full disk
 * cost lines and nothing else.
 */
export function standardOutput(): Output {
  only ??= open()
  return only
}

let only: Output | undefined

function open(): Output {
  const { fd } = process.stdout
  const kind = fstatSync(fd)
  return kind.isFIFO() || kind.isSocket() ? pipeOutput(process.stdout) : fileOutput(fd)
}

/** Node writes to pipes without blocking. A write by `fs` would block a thread of the pool, and a process cannot exit before its threads. */
function pipeOutput(pipe: NodeJS.WriteStream): Output {
  let lost = 0
  const count = (error?: Error | null) => {
    if (error) lost++
  }
  pipe.on('error', () => {})
  return {
    write(line) {
      if (pipe.writableLength > BACKLOG) lost++
      else pipe.write(line, count)
    },
    lost: () => lost,
  }
}

/** Node writes to files synchronously, and gives up after the first error: so this goes by `fs`. */
function fileOutput(fd: number): Output {
  let lost = 0
  let waiting: string[] = []
  let size = 0
  let writing = false

  function take(): string[] {
    const lines = waiting
    waiting = []
    size = 0
    return lines
  }

  function flush(): void {
    const lines = take()
    writing = true
    writeFile(fd, lines.join(''), error => {
      writing = false
      if (error) lost += lines.length
      if (waiting.length > 0) flush()
    })
  }

  process.once('exit', () => {
    try {
      writeSync(fd, take().join(''))
    } catch {
      // There is nobody left to tell.
    }
  })

  return {
    write(line) {
      if (size > BACKLOG) return void lost++
      waiting.push(line)
      size += line.length
      if (!writing) flush()
    },
    lost: () => lost,
  }
}
