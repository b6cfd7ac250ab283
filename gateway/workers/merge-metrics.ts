interface Family {
  readonly head: string[]
  readonly samples: string[]
}

const SUFFIX = /_(?:bucket|sum|count)$/

/**
 * Metrics of several workers in one text (Prometheus' format), each sample with its worker's number: a sum over them would
 * fall when one is replaced, which no counter may.
 */
export function mergeMetrics(texts: ReadonlyMap<number, string>): string {
  const families = new Map<string, Family>()
  for (const [worker, text] of texts) {
    for (const line of text.split('\n')) {
      if (line === '') continue
      const [, comment, name = ''] = /^# (HELP|TYPE) (\S+)/.exec(line) ?? []
      if (comment === undefined) familyOf(families, nameOf(line, families)).samples.push(withWorker(line, worker))
      else if (!familyOf(families, name).head.includes(line)) familyOf(families, name).head.push(line)
    }
  }
  return [...families.values()].flatMap(({ head, samples }) => [...head, ...samples]).map((line) => `${line}\n`).join('')
}

function familyOf(families: Map<string, Family>, name: string): Family {
  let family = families.get(name)
  if (family === undefined) families.set(name, (family = { head: [], samples: [] }))
  return family
}

/** A histogram's samples have names of their own. */
function nameOf(sample: string, families: ReadonlyMap<string, Family>): string {
  const name = sample.slice(0, sample.search(/[{ ]/))
  return families.has(name) ? name : name.replace(SUFFIX, '')
}

function withWorker(sample: string, worker: number): string {
  const at = sample.search(/[{ ]/)
  const label = `worker="${worker}"`
  return sample[at] === '{' ? `${sample.slice(0, at)}{${label},${sample.slice(at + 1)}` : `${sample.slice(0, at)}{${label}}${sample.slice(at)}`
}
