/** Gateways as Debian packages them, each set up as docs/verify-tokens.md says, before a service that tells what reached it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type Test, temporaryFolder } from '../app.ts'
import { freePort } from '../free-port.ts'
import { until } from '../until.ts'
import { blocksOf } from './guide.ts'

interface Addresses {
  /** `127.0.0.1:…`, all of them. */
  gateway: string
  holocron: string
  application: string
}

interface SetUp {
  command: string
  /** Files by name, and how it is called in their folder. */
  files(blocks: string[], addresses: Addresses): Record<string, string>
  arguments: string[]
}

const GATEWAYS: Record<string, SetUp> = {
  nginx: {
    command: '/usr/sbin/nginx',
    arguments: ['-p', '.', '-e', 'log', '-c', 'nginx.conf'],
    files: ([locations = ''], { gateway, holocron, application }) => ({
      'nginx.conf': `daemon off;
master_process off;
pid pid;
events {}
http {
  access_log off;
  ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${name};`).join('\n  ')}
  upstream holocron { server ${holocron}; }
  upstream application { server ${application}; }
  server {
    listen ${gateway};
    ${locations}
  }
}
`,
    }),
  },
  HAProxy: {
    command: '/usr/sbin/haproxy',
    arguments: ['-db', '-f', 'haproxy.cfg'],
    files: ([script = '', configuration = ''], { gateway, holocron, application }) => ({
      'holocron.lua': script,
      'haproxy.cfg': `defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s

backend application
  server application ${application}

${configuration
  .replace('/etc/haproxy/holocron.lua', 'holocron.lua')
  .replace(':8080', gateway)
  .replace('holocron:3000', holocron)}`,
    }),
  },
  Caddy: {
    command: '/usr/bin/caddy',
    arguments: ['run', '--adapter', 'caddyfile', '--config', 'Caddyfile'],
    files: ([site = ''], { gateway, holocron, application }) => ({
      Caddyfile: `{
  admin off
  auto_https off
}
${site
  .replace('app.example', `http://${gateway}`)
  .replace('holocron:3000', holocron)
  .replace('application:8080', application)}`,
    }),
  },
}

export const NAMES = Object.keys(GATEWAYS)

export function hasGateway(name: string): boolean {
  return existsSync(GATEWAYS[name]?.command ?? '')
}

/** @returns where the gateway is, and how many requests have reached the service behind it */
export async function startGateway(t: Test, name: string, issuer: string) {
  const gateway = GATEWAYS[name]
  if (!gateway) throw new Error(`no gateway ${name}`)
  const folder = await temporaryFolder(t)
  const behind = await startService(t)
  const addresses = {
    gateway: `127.0.0.1:${await freePort()}`,
    holocron: new URL(issuer).host,
    application: behind.address,
  }
  for (const [file, text] of Object.entries(gateway.files(await blocksOf('verify-tokens.md', name), addresses)))
    await writeFile(join(folder, file), text)
  const env = { PATH: process.env.PATH, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder }
  const server = spawn(gateway.command, gateway.arguments, { cwd: folder, env, stdio: 'ignore' })
  t.teardown(() => server.kill('SIGKILL'))
  const home = `http://${addresses.gateway}`
  await until(() =>
    fetch(home).then(
      () => true,
      () => false,
    ),
  )
  return { home, reached: behind.reached }
}

/** Answers with the method and the headers of each request. */
async function startService(t: Test) {
  let requests = 0
  const server = createServer(({ method, headers }, response) => {
    requests++
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ method, headers }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  return { address: `127.0.0.1:${port}`, reached: () => requests }
}
