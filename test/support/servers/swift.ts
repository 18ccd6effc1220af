/** OpenStack Swift with its S3 interface, as Debian packages it: four processes in a folder of their own. */
import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Test, temporaryFolder } from '../app.ts'
import { freePort } from '../free-port.ts'
import { until } from '../until.ts'

const run = promisify(execFile)

const SERVERS = ['proxy', 'account', 'container', 'object'] as const
type Server = (typeof SERVERS)[number]

export const hasSwift = () => SERVERS.every(name => existsSync(`/usr/bin/swift-${name}-server`))

export interface S3Server {
  endpoint: string
  accessKey: string
  secretKey: string
  /** Stops answering, as a server that is away. */
  stop(): Promise<void>
  start(): Promise<void>
}

/** Where each ring's only device is. */
const RINGS = `
import sys
from swift.common.ring.builder import RingBuilder
folder, *ports = sys.argv[1:]
for name, port in zip(('account', 'container', 'object'), ports):
    ring = RingBuilder(2, 1, 0)
    place = {'ip': '127.0.0.1', 'port': int(port), 'replication_ip': '127.0.0.1', 'replication_port': int(port)}
    ring.add_dev({'id': 0, 'region': 1, 'zone': 1, 'weight': 1, 'device': 'disk', 'meta': '', **place})
    ring.rebalance()
    ring.get_ring().save(f'{folder}/{name}.ring.gz')
`

const PIPELINE = 'catch_errors cache s3api tempauth proxy-server'

const FILTERS = `
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:cache]
use = egg:swift#memcache
memcache_servers = 127.0.0.1:9
[filter:s3api]
use = egg:swift#s3api
s3_acl = false
[filter:tempauth]
use = egg:swift#tempauth
user_holocron_leia = alderaan .admin
`

function configuration(name: Server, folder: string, port: number): string {
  const own = name === 'proxy' ? FILTERS : ''
  return `[DEFAULT]
bind_ip = 127.0.0.1
bind_port = ${port}
user = ${process.getuid?.() === 0 ? 'root' : process.env.USER}
swift_dir = ${folder}
devices = ${folder}
mount_check = false
workers = 0
fallocate_reserve = 0
[pipeline:main]
pipeline = ${name === 'proxy' ? PIPELINE : `${name}-server`}
[app:${name}-server]
use = egg:swift#${name}
account_autocreate = true
${own}`
}

export async function startSwift(t: Test): Promise<S3Server> {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'disk'))
  const ports: Record<Server, number> = { proxy: 0, account: 0, container: 0, object: 0 }
  for (const name of SERVERS) ports[name] = await freePort()
  const { account, container, object } = ports
  await run('/usr/bin/python3', ['-c', RINGS, folder, String(account), String(container), String(object)])

  async function launch(name: Server): Promise<() => Promise<void>> {
    const file = join(folder, `${name}.conf`)
    await writeFile(file, configuration(name, folder, ports[name]))
    const server = spawn(`/usr/bin/swift-${name}-server`, [file], { stdio: 'ignore' })
    const ended = new Promise<void>(resolve => server.once('exit', () => resolve()))
    return async () => {
      server.kill('SIGKILL')
      await ended
    }
  }

  const endpoint = `http://127.0.0.1:${ports.proxy}`
  const answers = () =>
    fetch(endpoint).then(
      () => true,
      () => false,
    )
  const stops = await Promise.all(SERVERS.slice(1).map(launch))
  let stopProxy = await launch('proxy')
  t.teardown(() => Promise.all([stopProxy(), ...stops.map(stop => stop())]))
  await until(answers, 60_000)
  return {
    endpoint,
    accessKey: 'holocron:leia',
    secretKey: 'alderaan',
    stop: () => stopProxy(),
    async start() {
      stopProxy = await launch('proxy')
      await until(answers, 60_000)
    },
  }
}
