/** A Postfix of the test's own, on loopback: an ordinary relay that delivers nothing. It starts as root only. */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Test } from 'tap'
import { freePort } from '../free-port.ts'

const run = promisify(execFile)
const PROGRAM = '/usr/sbin/postfix'

export interface Postfix {
  url: string
  /**
   * Restarts with these settings in main.cf, besides ours. After a mere reload, idle processes would serve another connection by the old ones.
   */
  configure(settings?: Record<string, string>): Promise<void>
  stop(): Promise<void>
  start(): Promise<void>
}

/** `null`, and the test is skipped (in CI: failed), where Postfix is not installed or may not be started. */
export async function startPostfix(t: Test): Promise<Postfix | null> {
  if (!existsSync(PROGRAM) || process.getuid?.() !== 0) {
    if (process.env.CI === 'true') t.fail('Postfix is not installed')
    else t.pass('needs Postfix', { skip: 'not installed, or not root' })
    return null
  }
  const folder = await mkdtemp(join(tmpdir(), 'holocron-postfix-'))
  const port = await freePort()
  await chmod(folder, 0o755)
  for (const name of ['queue', 'data', 'config']) await mkdir(join(folder, name))
  await run('chown', ['postfix', join(folder, 'data')])
  const config = join(folder, 'config')
  await writeMain(config, folder, {})
  await writeFile(join(config, 'master.cf'), masterOf(port))
  const postfix = (command: string) => run(PROGRAM, ['-c', config, command])
  t.teardown(async () => {
    await postfix('stop').catch(() => {})
    await rm(folder, { recursive: true, force: true })
  })
  await postfix('start')

  return {
    url: `smtp://127.0.0.1:${port}`,
    async configure(settings = {}) {
      await postfix('stop')
      await writeMain(config, folder, settings)
      await postfix('start')
    },
    stop: async () => void (await postfix('stop')),
    start: async () => void (await postfix('start')),
  }
}

async function writeMain(config: string, folder: string, settings: Record<string, string>): Promise<void> {
  const file = join(config, 'main.cf')
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}\n`)
  await writeFile(file, ourSettings(folder) + lines.join(''))
  // Every program of Postfix waits until a file is two seconds old, because it might still be written.
  const past = new Date(Date.now() - 60_000)
  await utimes(file, past, past)
}

function ourSettings(folder: string): string {
  return `compatibility_level = 3.6
queue_directory = ${folder}/queue
data_directory = ${folder}/data
maillog_file = ${folder}/queue/maillog
maillog_file_prefixes = ${folder}
inet_interfaces = loopback-only
inet_protocols = ipv4
myhostname = relay.holocron.test
mydestination =
relay_domains = known.test
default_transport = discard
relay_transport = discard
alias_maps =
alias_database =
local_recipient_maps =
smtpd_helo_required = yes
smtpd_error_sleep_time = 0
smtpd_timeout = 1s
smtpd_peername_lookup = no
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject_unauth_destination
`
}

/** Services that others than Postfix's own programs may talk to. */
const PUBLIC = /^(?:127|pickup|cleanup|qmgr|flush|showq|postlog)/

/** No more services than a relay needs, none of them in a chroot. */
function masterOf(port: number): string {
  const service = (name: string, type: string, program: string, process = '-', wakeup = '-') =>
    `${name} ${type} ${PUBLIC.test(name) ? 'n' : '-'} - n ${wakeup} ${process} ${program}`
  return [
    service(`127.0.0.1:${port}`, 'inet', 'smtpd'),
    service('pickup', 'unix', 'pickup', '1', '60'),
    service('cleanup', 'unix', 'cleanup', '0'),
    service('qmgr', 'unix', 'qmgr', '1', '300'),
    service('tlsmgr', 'unix', 'tlsmgr', '1', '1000?'),
    service('rewrite', 'unix', 'trivial-rewrite'),
    service('bounce', 'unix', 'bounce', '0'),
    service('defer', 'unix', 'bounce', '0'),
    service('trace', 'unix', 'bounce', '0'),
    service('verify', 'unix', 'verify', '1'),
    service('flush', 'unix', 'flush', '0', '1000?'),
    service('proxymap', 'unix', 'proxymap'),
    service('showq', 'unix', 'showq'),
    service('error', 'unix', 'error'),
    service('retry', 'unix', 'error'),
    service('discard', 'unix', 'discard'),
    service('anvil', 'unix', 'anvil', '1'),
    service('scache', 'unix', 'scache', '1'),
    service('postlog', 'unix-dgram', 'postlogd', '1'),
    '',
  ].join('\n')
}
