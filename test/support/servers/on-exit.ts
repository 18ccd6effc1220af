import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'

/** Runs when this process ends, however it ends. */
export interface ExitScript {
  /** Sets the script's `$latest`. */
  note(latest: string): void
  /** Runs the script now, and waits for it. */
  execute(): Promise<void>
}

/**
 * Runs a shell script when this process ends: by itself, by Ctrl-C, by a crash or by `kill -9`. A shell in a session of its own waits
 * for its input to be closed, which the kernel guarantees; no exit handler could.
 */
export const onExit = (script: string, ...args: string[]): ExitScript => {
  const shell = spawn('sh', ['-c', `while read -r line; do latest=$line; done; ${script}`, 'sh', ...args], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  const { stdin } = shell
  const closed = once(shell, 'close')
  // It must not keep this process alive.
  shell.unref()
  if (stdin instanceof Socket) stdin.unref()

  return {
    note: latest => {
      if (stdin.writable) stdin.write(`${latest}\n`)
    },
    execute: async () => {
      shell.ref()
      stdin.end()
      await closed
    },
  }
}
