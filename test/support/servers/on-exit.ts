import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { Socket } from 'node:net'

/** What is to be done when this process ends, however it ends. */
export interface ExitScript {
  /** Replaces what the script knows as `$latest`. */
  note(latest: string): void
  /** Carries the script out now, and waits until it is done. */
  execute(): Promise<void>
}

/**
 * Runs a shell script when this process ends: by itself, by Ctrl-C, by a crash or by `kill -9`. A shell of its own session waits
 * for its input to close, which the kernel sees to; no exit handler could promise as much.
 */
export const onExit = (script: string, ...args: string[]): ExitScript => {
  const shell = spawn('sh', ['-c', `while read -r line; do latest=$line; done; ${script}`, 'sh', ...args], {
    detached: true,
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  const { stdin } = shell
  const closed = once(shell, 'close')
  // Waiting for us must not keep us.
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
