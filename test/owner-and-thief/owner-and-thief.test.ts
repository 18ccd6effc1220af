/**
 * A model of what owner, thief, administrator and mail scanners do across features, in any order: after the owner has proved mailbox and password, or an
 * administrator has disabled the account, nothing that the thief has planted or holds opens it.
 */
import fc from 'fast-check'
import t from 'tap'
import { administrator, REAL } from '../support/app.ts'
import { buildWithProvider } from '../support/linked-logins.ts'
import { OPENINGS, STEPS, type Step } from './steps.ts'
import { World } from './world.ts'

/** `MODEL_SEED` and `MODEL_RUNS` repeat or lengthen a run. */
const SEED = Number(process.env.MODEL_SEED ?? 19_770_525)
const RUNS = Number(process.env.MODEL_RUNS ?? (REAL ? 40 : 200))

t.setTimeout(300_000)

class Command implements fc.AsyncCommand<object, World> {
  readonly #name: string
  readonly #step: Step

  constructor(name: string, step: Step) {
    this.#name = name
    this.#step = step
  }

  check = () => true
  run = (_model: object, world: World) => this.#step(world)
  toString = () => this.#name
}

const [squatted = '', own = ''] = Object.keys(OPENINGS)
/** The thief's own ways in are worth more tries. */
const openings = fc.oneof(fc.constantFrom(squatted, own), fc.constantFrom(...Object.keys(OPENINGS)))
const commands = Object.entries(STEPS).map(([name, step]) => fc.constant(new Command(name, step)))

t.test(
  `nothing of the thief outlives the proof of the owner or a disabling, in ${RUNS} histories (seed ${SEED})`,
  async t => {
    // In memory: thousands of commits need not wait for a disk.
    const app = await buildWithProvider(t, {
      ACCESS_TOKEN_TTL_SECONDS: '86400',
      ...(!REAL && { DATABASE_URL: 'sqlite::memory:' }),
    })
    const admin = await administrator(app)
    const seen = { opened: 0, refused: 0, proved: 0, disabled: 0 }

    // Every one-time password in a step of its own: one is accepted once.
    const real = Date.now
    let shift = 0
    t.teardown(() => {
      Date.now = real
    })
    Date.now = () => real() + shift
    const tick = () => {
      shift += 30_000
    }

    const histories = fc.commands(commands, { maxCommands: 30, size: 'max' })
    const property = fc.asyncProperty(openings, histories, async (opening, history) => {
      shift = 0
      const world = new World(app, admin.token, tick, seen)
      await OPENINGS[opening]?.(world)
      await fc.asyncModelRun(() => ({ model: {}, real: world }), history)
      await world.thiefTries()
      await STEPS['the owner resets the password']?.(world)
      await world.thiefTries()
    })
    await fc.assert(property, { seed: SEED, numRuns: RUNS })
    t.comment(JSON.stringify(seen))
    for (const [what, times] of Object.entries(seen)) t.ok(times > RUNS / 10, `${what}: ${times}`)
  },
)
