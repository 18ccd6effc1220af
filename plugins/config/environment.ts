/** Where settings come from: the environment, files named by it (`SECRET_FILE`), and `.env`. */
import { parseEnv } from 'node:util'
import { ConfigError } from './checks.ts'
import { ConfigSchema } from './schema.ts'
import { readTextFile } from './text-file.ts'

/** Variables that are set. An empty value counts as absent: `SECRET=` in a copied file sets nothing. */
export function readEnvironment(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const present = Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== ''))
  return { ...present, ...readNamedFiles(present) }
}

/**
 * Reads `.env`, if there is one.
 * @throws {ConfigError} if it cannot be read, is no text, or has a line that sets nothing: whatever it was meant to set would be missing
 */
export function readEnvFile(file: string): NodeJS.ProcessEnv {
  const text = read(file, file)
  if (text === undefined) return {}
  assertEachLineIsRead(file, text)
  return readEnvironment(parseEnv(text))
}

/** `SECRET_FILE=/run/secrets/secret`: the value of SECRET is that file's content, as orchestrators hand over secrets. */
function readNamedFiles(variables: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const values: NodeJS.ProcessEnv = {}
  for (const name of Object.keys(ConfigSchema.properties)) {
    const variable = `${name}_FILE`
    const file = variables[variable]
    if (file === undefined) continue
    if (variables[name] !== undefined) throw new ConfigError(`${variable}: conflicts with ${name}. Set one of them.`)
    const text = read(variable, file)
    if (text === undefined) throw new ConfigError(`${variable}: there is no such file.`)
    values[name] = text.replace(/\r?\n$/, '')
  }
  return values
}

/** @returns undefined if there is no such file */
function read(name: string, file: string): string | undefined {
  try {
    return readTextFile(file)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new ConfigError(`${name}: cannot be read (${message})`)
  }
}

/** Blank, a comment, or `NAME=value`, whose quoted value may span lines. */
const READABLE =
  /[^\S\n]*(?:#[^\n]*|(?:export\s+)?[\w.-]+[^\S\n]*=[^\S\n]*(?:"[^"]*"|'[^']*'|`[^`]*`)?[^\n]*)?(?:\n|$)/y

function assertEachLineIsRead(file: string, text: string): void {
  READABLE.lastIndex = 0
  while (READABLE.lastIndex < text.length) {
    const start = READABLE.lastIndex
    if (READABLE.test(text)) continue
    const line = text.slice(0, start).split('\n').length
    throw new ConfigError(`${file}: line ${line} is neither NAME=value nor a comment.`)
  }
}
