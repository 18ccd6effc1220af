/**
 * Does an `Accept` header name `text/html`, as browsers do, and prefer JSON to it nowhere? `q=0` means "not acceptable".
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-12.5.1
 */
export function prefersHtml(accept = ''): boolean {
  const html = weightOf('text/html', accept)
  return html > 0 && html >= weightOf('application/json', accept)
}

/** 0 unless the type is named: programs that take anything get JSON. */
function weightOf(type: string, accept: string): number {
  const ranges = accept
    .toLowerCase()
    .split(',')
    .map(range => range.split(';').map(part => part.trim()))
  const weights = ranges.filter(([name]) => name === type).map(([, ...parameters]) => weightIn(parameters))
  return Math.max(0, ...weights)
}

function weightIn(parameters: string[]): number {
  const weight = parameters.find(parameter => parameter.startsWith('q='))?.slice(2) ?? '1'
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight) ? Number(weight) : 1
}
