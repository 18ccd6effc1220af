/** Runs the snippets of docs/verify-tokens.md, each as a program of its own, on tokens that it must accept or refuse. */
import { execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json, text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import type { Test } from './app.ts'

const run = promisify(execFile)

const PAGE = join(import.meta.dirname, '../../docs/verify-tokens.md')
const CLIENTS = join(import.meta.dirname, '../clients')

export interface Snippet {
  name: string
  language: 'js' | 'python'
  code: string
}

/** What the page says of the running service and the algorithm. */
export interface Settings {
  issuer: string
  algorithm: string
  /** The interpreter. */
  python: string
}

/** The first snippet below each heading. */
export async function snippets(): Promise<Snippet[]> {
  const page = await readFile(PAGE, 'utf8')
  return page.split(/^## /m).flatMap(section => {
    const [, language, code = ''] = /^```(js|python)\n(.*?)^```/ms.exec(section) ?? []
    const name = section.split('\n', 1)[0] ?? ''
    return language === 'js' || language === 'python' ? [{ name, language, code }] : []
  })
}

/** The algorithms that the page's table says a verifier knows. */
export async function table(): Promise<Map<string, string[]>> {
  const [, section = ''] = /^## Which algorithm\n(.*?)^## /ms.exec(await readFile(PAGE, 'utf8')) ?? []
  const rows = section.split('\n').filter(line => line.startsWith('|'))
  const [[, ...algorithms] = [], , ...verifiers] = rows.map(row =>
    row
      .split('|')
      .slice(1, -1)
      .map(cell => cell.trim()),
  )
  return new Map(
    verifiers.map(([name = '', ...cells]) => [name, algorithms.filter((_, i) => cells[i]?.startsWith('yes'))]),
  )
}

/** A Python that runs the page's snippet: the first on the path may be another than that of the system's packages. Empty if there is none. */
export async function pythonWithJwt(): Promise<string> {
  for (const python of ['python3', '/usr/bin/python3']) {
    const found = await run(python, ['-c', 'import jwt, cryptography']).catch(() => undefined)
    if (found) return python
  }
  return ''
}

/** Accepts or refuses each token: `accepted`, or why not. */
export async function judge<Name extends string>(
  t: Test,
  { language, code }: Snippet,
  { issuer, algorithm, python }: Settings,
  tokens: Record<Name, string>,
): Promise<Record<Name, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'holocron-snippet-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await symlink(join(CLIENTS, 'node_modules'), join(folder, 'node_modules'))
  const configured = code.replaceAll('https://login.example', issuer).replaceAll("'RS256'", `'${algorithm}'`)
  const [snippet, driver, program] =
    language === 'js' ? ['snippet.mjs', 'judge.mjs', process.execPath] : ['snippet.py', 'judge.py', python]
  await writeFile(join(folder, snippet), configured)
  await writeFile(join(folder, driver), await readFile(join(CLIENTS, driver)))
  const child = spawn(program, [driver], { cwd: folder, env: { PATH: process.env.PATH }, timeout: 30_000 })
  child.stdin.end(JSON.stringify(tokens))
  const [outcomes, complaints] = await Promise.all([json(child.stdout).catch(() => undefined), text(child.stderr)])
  if (!outcomes) throw new Error(complaints)
  return outcomes as Record<Name, string>
}
