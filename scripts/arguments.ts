/**
 * The command line's arguments. Wrong ones end the process with the usage and exit code 1; `--help` ends it with code 0.
 * @param details printed below the usage by `--help`
 */
export function readArguments(usage: string, areValid: (args: string[]) => boolean, details = ''): string[] {
  const args = process.argv.slice(2)
  if (args.includes('--help')) {
    console.log([usage, details].filter(Boolean).join('\n'))
    process.exit(0)
  }
  if (areValid(args)) return args
  console.error(usage)
  process.exit(1)
}
