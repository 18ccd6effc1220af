/** Dovecot as Debian packages it: an IMAP server that takes access tokens for passwords (RFC 7628). */
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Test, temporaryFolder } from '../app.ts'
import { freePort } from '../free-port.ts'
import { startDaemon } from './daemon.ts'

const run = promisify(execFile)

/** Its processes change to users of their own, so root has to start it. */
export const hasDovecot = () => existsSync('/usr/lib/dovecot/imap') && process.getuid?.() === 0

export interface Mailboxes {
  /** @returns whether the user's mailbox opens with the token, by one of the two mechanisms */
  opens(user: string, token: string, mechanism: 'OAUTHBEARER' | 'XOAUTH2'): Promise<boolean>
}

/** @param validation how it checks a token: its `dovecot-oauth2.conf.ext` */
export async function startDovecot(t: Test, validation: string): Promise<Mailboxes> {
  const folder = await temporaryFolder(t)
  const port = await freePort()
  // It reads mail as another user.
  await chmod(folder, 0o755)
  await mkdir(join(folder, 'mail'))
  await chmod(join(folder, 'mail'), 0o777)
  await writeFile(join(folder, 'oauth2.conf'), validation)
  await writeFile(
    join(folder, 'dovecot.conf'),
    `base_dir = ${folder}/run
log_path = /dev/stderr
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
auth_mechanisms = oauthbearer xoauth2
auth_failure_delay = 0
mail_location = maildir:${folder}/mail/%u
service imap-login {
  inet_listener imap {
    port = ${port}
  }
  inet_listener imaps {
    port = 0
  }
}
# Else a client that was refused waits longer each time.
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
passdb {
  driver = oauth2
  mechanisms = oauthbearer xoauth2
  args = ${folder}/oauth2.conf
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=${folder}/mail/%u
}
`,
  )
  const command = ['/usr/sbin/dovecot', '-F', '-c', join(folder, 'dovecot.conf')]
  await startDaemon(t, command, {}, output => output.includes('starting up for imap'))
  return mailboxes(port)
}

function mailboxes(port: number): Mailboxes {
  return {
    async opens(user, token, mechanism) {
      const login = ['--user', user, '--oauth2-bearer', token, '--login-options', `AUTH=${mechanism}`]
      try {
        const { stdout } = await run('curl', ['-sS', `imap://127.0.0.1:${port}/`, ...login])
        return stdout.includes('INBOX')
      } catch (error) {
        // https://curl.se/libcurl/c/libcurl-errors.html CURLE_LOGIN_DENIED
        if (error instanceof Error && 'code' in error && error.code === 67) return false
        throw error
      }
    },
  }
}
