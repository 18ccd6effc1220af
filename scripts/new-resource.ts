// npm run new-resource -- notes [note]: writes the files of a resource that users own, as CONTRIBUTING.md shows them, under another name.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type GuideFile, readGuide } from './guide.ts'

const USAGE =
  'Usage: npm run new-resource -- <plural in kebab case> [<singular>], such as: notes, or star-charts, or bodies body'
const KEBAB = /^[a-z]+(-[a-z]+)*$/

/** What stands for `notes` and `note`, in kebab case. */
interface Names {
  plural: string
  singular: string
}

const snake = (name: string) => name.replaceAll('-', '_')
const words = (name: string) => name.replaceAll('-', ' ')
const pascal = (name: string) => name.replace(/(?:^|-)([a-z])/g, (_all, letter: string) => letter.toUpperCase())

/** Kebab case in names of files, words in prose, snake case in tables and URLs, Pascal case in types and functions. */
function rename(text: string, { plural, singular }: Names): string {
  return text
    .replace(/(?<=[/-])notes(?=\.)/g, plural)
    .replace(/(?<= )notes(?= |[',."]|$)(?! \()/gm, words(plural))
    .replace(/(?<= )note(?= |[',."]|$)/gm, words(singular))
    .replace(/Notes(?![a-z])/g, pascal(plural))
    .replace(/Note(?![a-z])/g, pascal(singular))
    .replace(/(?<![a-z])notes(?![a-z])/g, snake(plural))
    .replace(/(?<![a-z])note(?![a-z])/g, snake(singular))
}

async function write(root: string, files: GuideFile[]): Promise<void> {
  for (const { path, text } of files) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  // Another name may break lines, and sort imports differently.
  const paths = files.map(({ path }) => path)
  await promisify(execFile)('node_modules/.bin/biome', ['check', '--write', '--vcs-enabled=false', ...paths], {
    cwd: root,
  })
}

const [plural = '', singular = plural.replace(/s$/, '')] = process.argv.slice(2)
const valid = KEBAB.test(plural) && KEBAB.test(singular) && plural !== singular
if (!valid) exit(USAGE)

const root = join(import.meta.dirname, '..')
const guide = await readGuide(root, 'Add a resource that users own')
const files = guide.map(({ path, text }) => ({
  path: rename(path, { plural, singular }),
  text: rename(text, { plural, singular }),
}))
const existing = files.find(({ path }) => existsSync(join(root, path)))
if (existing) exit(`${existing.path} exists already`)
await write(root, files)
for (const { path } of files) console.log(path)
console.log('\nNext: npm run docs && npm run check && npm test')

function exit(problem: string): never {
  console.error(problem)
  process.exit(1)
}
