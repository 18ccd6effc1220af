/** Apache with mod_auth_openidc as Debian packages them, on a port and in a folder of its own. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Test, temporaryFolder } from '../app.ts'
import { until } from '../until.ts'
import type { Party } from './program.ts'

const APACHE = '/usr/sbin/apache2'
const MODULES = '/usr/lib/apache2/modules'
const NEEDED = ['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'env', 'headers', 'auth_openidc']

export const hasApache = () => existsSync(APACHE) && existsSync(join(MODULES, 'mod_auth_openidc.so'))

/** Serves a page to people that the provider knows, and says in headers what it learned of them. The test's browser cannot say that it navigates. */
export async function startApache(t: Test, issuer: string, { home, id, secret }: Party): Promise<void> {
  const folder = await temporaryFolder(t)
  const { port } = new URL(home)
  // Its workers are somebody else.
  await chmod(folder, 0o755)
  await mkdir(join(folder, 'public'))
  await writeFile(join(folder, 'public/index.html'), 'the archive')
  await writeFile(join(folder, 'public/goodbye.html'), 'goodbye')
  await writeFile(
    join(folder, 'apache.conf'),
    `ServerRoot ${folder}
ServerName localhost
Listen 127.0.0.1:${port}
PidFile ${folder}/pid
ErrorLog ${folder}/log
${process.getuid?.() === 0 ? 'User nobody\nGroup nogroup' : ''}
${NEEDED.map(name => `LoadModule ${name}_module ${MODULES}/mod_${name}.so`).join('\n')}
DocumentRoot ${folder}/public
OIDCProviderMetadataURL ${issuer}/.well-known/openid-configuration
OIDCClientID ${id}
OIDCClientSecret ${secret}
OIDCRedirectURI ${home}/callback
OIDCCryptoPassphrase ${randomBytes(16).toString('hex')}
OIDCPKCEMethod S256
OIDCScope "openid email films:read"
OIDCRemoteUserClaim email
OIDCPassClaimsAs both
<Location />
  AuthType openid-connect
  OIDCUnAuthAction auth "true"
  Require valid-user
  Header set X-User %{OIDC_CLAIM_email}e
  Header set X-Token %{OIDC_access_token}e
</Location>
<Location /goodbye.html>
  AuthType None
  Require all granted
</Location>
`,
  )
  const server = spawn(APACHE, ['-f', join(folder, 'apache.conf'), '-D', 'FOREGROUND'], { stdio: 'inherit' })
  t.teardown(() => server.kill('SIGTERM'))
  await until(() =>
    fetch(home, { redirect: 'manual' }).then(
      () => true,
      () => false,
    ),
  )
}
