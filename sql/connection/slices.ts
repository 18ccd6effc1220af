/** Ids in one statement: neither database takes an unlimited number of parameters. */
const IDS_MAX = 10_000

/** What is too much for one statement, in parts. @param max values in each */
export function* slices<Value>(values: Value[], max = IDS_MAX): Generator<Value[]> {
  for (let i = 0; i < values.length; i += max) yield values.slice(i, i + max)
}
