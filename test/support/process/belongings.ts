/** What somebody has after a life of kills: each change that was acknowledged, and nothing in part. */
import sharp from 'sharp'
import type { Test } from 'tap'
import type { Contacts } from '#schemas/contacts.ts'
import { ADDED, type Life } from './life.ts'
import { request, type Service } from './service.ts'

export async function checkBelongings(t: Test, service: Service, life: Life): Promise<void> {
  const { email, password, contacts, removed, avatarUrl, interruptions } = life
  const { token } = (await request(service, 'POST', '/users/v1/login', { payload: { email, password } })).body
  const { results }: Contacts = (await request(service, 'GET', '/contacts/v1/?limit=100', { token })).body
  for (const { id, first_name, last_name, notes } of contacts)
    t.match(
      results.find(contact => contact.id === id),
      { first_name, last_name, notes },
      `${email}: a contact`,
    )
  if (results.some(({ id }) => removed.includes(id))) t.fail(`${email}: a contact that was removed`)
  // Added, and never heard of it.
  const others = results.filter(({ id }) => !contacts.some(contact => contact.id === id))
  t.ok(others.length <= interruptions, `${email}: contacts that nobody added`)
  for (const other of others) t.match(other, { ...ADDED, version: 1 }, `${email}: a contact as a whole`)

  const { avatar_url } = (await request(service, 'GET', '/users/v1/me', { token })).body
  t.equal(avatar_url, avatarUrl, `${email}: the picture`)
  if (avatarUrl !== null) for (const size of [128, 512]) await checkPicture(t, service, avatarUrl, size)
}

async function checkPicture(t: Test, { url }: Service, avatarUrl: string, size: number): Promise<void> {
  const { pathname } = new URL(avatarUrl.replace('-512.', `-${size}.`))
  const response = await fetch(url + pathname)
  const { info } = await sharp(await response.arrayBuffer()).toBuffer({ resolveWithObject: true })
  t.match(info, { format: 'webp', width: size, height: size }, pathname)
}
