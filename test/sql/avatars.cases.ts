import {
  claimAvatar,
  deleteAvatar,
  findAvatarOf,
  findAvatarOwner,
  insertAvatar,
  listUnownedAvatars,
  releaseAvatar,
} from '#sql/avatars.ts'
import { transaction } from '#sql/connection/transaction.ts'
import { type SqlCases, userId } from '../support/sql/cases.ts'

const avatarId = (n: number) => n.toString(16).padStart(32, '0')

export default {
  table: 'avatars',
  row: (n, now) => ({
    id: avatarId(n),
    user_id: n % 100 === 0 ? null : userId(n),
    claimed: n % 200 === 0 ? 0 : 1,
    created_at: now,
  }),
  statements: ({ db }) => ({
    insertAvatar: () => insertAvatar(db, avatarId(1_000_000)),
    findAvatarOwner: () => findAvatarOwner(db, avatarId(50)),
    findAvatarOf: () => findAvatarOf(db, userId(50)),
    releaseAvatar: () => transaction(db, tx => releaseAvatar(tx, userId(51))),
    claimAvatar: () => transaction(db, tx => claimAvatar(tx, avatarId(200), userId(51), '/avatars/x-512.webp')),
    listUnownedAvatars: () => listUnownedAvatars(db, 50),
    deleteAvatar: () => deleteAvatar(db, avatarId(100)),
  }),
} satisfies SqlCases
