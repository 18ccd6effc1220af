// Runs tap on the files that its arguments name, else on the whole suite. Loading the service costs a process more than most test files
// do, so the whole suite shares processes: each of these runs a group of files, one after another, as group.ts says.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')
const FOLDER = '.tap/groups'

/** Replaces what other files load. */
const ALONE = ['test/plugins/http/hook-order.test.ts']

/** So many that the last ones to run end at about the same time, whatever each of them takes. */
const GROUPS = 30

/** A group may take this long (s); what a file of it may, group.ts says. */
const GROUP_TIMEOUT = 1200

/**
 * @param args tap's options, each of them one word, and files
 * @returns tap's exit code
 */
export async function runTap(args: string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  const named = args.some(arg => !arg.startsWith('-'))
  const files = named ? [] : [`--timeout=${GROUP_TIMEOUT}`, ...ALONE, ...writeGroups()]
  const tap = spawn(process.execPath, ['node_modules/.bin/tap', ...args, ...files], {
    cwd: ROOT,
    detached: true,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  })
  // tap exits on a signal only if its test files get it too, so it is a process group of its own.
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => tap.pid && process.kill(-tap.pid, signal))
  const [code] = await once(tap, 'exit')
  return code ?? 1
}

/** Neighbours are alike, also in what they take, so they go to different groups. */
function writeGroups(): string[] {
  rmSync(join(ROOT, FOLDER), { recursive: true, force: true })
  mkdirSync(join(ROOT, FOLDER), { recursive: true })
  const files = globSync('test/**/*.test.ts', { cwd: ROOT, exclude: ['**/node_modules', ...ALONE] }).sort()
  return Array.from({ length: GROUPS }, (_, group) => {
    const path = join(FOLDER, `${String(group + 1).padStart(2, '0')}.test.ts`)
    const members = files.filter((_, index) => index % GROUPS === group)
    writeFileSync(
      join(ROOT, path),
      `import { run } from '../../test/support/group.ts'\nrun(${JSON.stringify(members)})\n`,
    )
    return path
  })
}
