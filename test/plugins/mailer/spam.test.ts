// What a spam filter, SpamAssassin with its local tests, finds in our mails: nothing that is ours to mend.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { smtpTransport } from '../../../plugins/mailer/smtp.ts'
import { build, type Environment, REAL } from '../../support/app.ts'
import { MAIL_TEMPLATES, sampleMails } from '../../support/sample-mails.ts'
import { startSmtp } from '../../support/smtp.ts'

const skip = REAL && 'mails do not depend on the profile'

const run = promisify(execFile)
const PROGRAM = '/usr/bin/spamassassin'

const settings = {
  MAIL_FROM: 'Acme: Accounts <no-reply@acme.com>',
  PUBLIC_URL: 'https://login.acme.com',
  SMTP_CLIENT_NAME: 'login.acme.com',
}

/** What a receiving server writes on top. It is not on a reserved network, which would count against the mail. */
const RECEIVED = `Received: from login.acme.com (login.acme.com [88.198.7.9]) by mx.alderaan.com with ESMTPS id a; ${date()}`

function date(): string {
  return new Date().toUTCString().replace('GMT', '+0000')
}

/** The mails as a mailbox file, so that the filter, which is slow to start, starts once. */
async function mailbox(branding: Environment = {}): Promise<string> {
  const smtp = await startSmtp(t)
  const transport = smtpTransport(smtp.url, 1, settings)
  t.teardown(() => transport.close())
  const app = await build(t, { PUBLIC_URL: settings.PUBLIC_URL, APP_NAME: 'Acme', ...branding })
  const id = '01981f1c-7b2e-7cc1-a1a2-3b4c5d6e7f80'
  for await (const { subject, text, html } of sampleMails(app))
    await transport.send({ id, to: 'ann@alderaan.com', subject, text, html }, AbortSignal.timeout(30_000))
  const mails = smtp.mails.map(({ raw }) => `From no-reply@acme.com Thu Jan  1 00:00:00 1970\n${RECEIVED}\n${raw}\n`)
  return mails.join('\n').replaceAll('\r\n', '\n')
}

async function scoresOf(mails: string): Promise<[subject: string, score: number, rules: string][]> {
  const folder = await mkdtemp(join(tmpdir(), 'holocron-spam-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'mbox')
  await writeFile(file, mails)
  // Its own settings, not those of whoever runs the test.
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C', HOME: folder }
  const { stdout: out } = await run(PROGRAM, ['--local', '--mbox', file], { env, maxBuffer: 1e8 })
  const subjects = [...out.matchAll(/^Subject: (.*)$/gm)].map(match => match[1] ?? '')
  const found = [...out.matchAll(/^X-Spam-Status: \w+, score=(\S+) .*?tests=([\w,\s]*?)\s+autolearn/gms)]
  return found.map(([, score, rules = ''], i) => [subjects[i] ?? '', Number(score), rules.replaceAll(/\s/g, '')])
}

if (existsSync(PROGRAM))
  t.test('a spam filter finds nothing in our mails but that they have an HTML part', { skip }, async t => {
    const scores = await scoresOf(await mailbox())
    t.equal(scores.length, MAIL_TEMPLATES.length * 3, 'in three languages')
    for (const [subject, score, rules] of scores) t.ok(score < 0.5, `${subject}: ${score} (${rules})`)
  })
else if (process.env.CI === 'true') t.fail('SpamAssassin is not installed')
else t.pass('needs SpamAssassin', { skip: 'not installed' })
