import { useEffect, useRef, useState, type ReactNode } from 'react'
import { CATALOGUE_QUERY, describeEnd, readCatalogue, type CatalogueAnswer, type CatalogueNotice, type CatalogueProduct, type CatalogueWord } from './catalogue-query.ts'

interface CatalogueProps {
  readonly ask: (parameters: object) => Promise<unknown>
  readonly onClose: () => void
}

/** What data products there are, what words mean, and what changes for the caller; text of domains is text, whatever stands in it. */
export function Catalogue({ ask, onClose }: CatalogueProps): ReactNode {
  const dialog = useRef<HTMLDialogElement>(null)
  const [search, setSearch] = useState('')
  const [found, setFound] = useState<CatalogueAnswer>()
  const [failure, setFailure] = useState<string>()
  useEffect(() => dialog.current?.showModal(), [])
  useEffect(() => {
    let current = true
    const timer = setTimeout(() => {
      ask({ query: CATALOGUE_QUERY, variables: { search: search.trim() === '' ? null : search } })
        .then(readCatalogue, (error: unknown) => ({ catalogue: undefined, failure: String(error) }))
        .then((read) => {
          if (!current) return
          setFound(read.catalogue)
          setFailure(read.failure)
        })
        .catch(() => undefined)
    }, 200)
    return () => {
      current = false
      clearTimeout(timer)
    }
  }, [ask, search])
  return (
    <dialog ref={dialog} className="catalogue" onClose={onClose} aria-label="Catalogue">
      <header>
        <input type="search" autoFocus aria-label="Search the catalogue" placeholder="customer, invoice, e-mail …" maxLength={200} value={search} onChange={(event) => setSearch(event.target.value)} />
        <button type="button" onClick={() => dialog.current?.close()}>Close</button>
      </header>
      {failure === undefined ? null : <p className="failure" role="alert">{failure}</p>}
      {found === undefined ? null : <Found {...found} />}
    </dialog>
  )
}

function Found({ products, words, notices }: CatalogueAnswer): ReactNode {
  const ambiguous = (words ?? []).filter(({ isAmbiguous }) => isAmbiguous)
  return (
    <>
      {(notices ?? []).map((notice) => <Notice key={`${notice.step}`} {...notice} />)}
      {ambiguous.map((word) => <Word key={word.word} {...word} />)}
      <h2>{products?.length ?? 0} data products</h2>
      {(products ?? []).map((product) => <Product key={product.urn} {...product} />)}
    </>
  )
}

function Notice({ step, domain, at, by, reason, operations }: CatalogueNotice): ReactNode {
  return (
    <details className="notice">
      <summary>Step {step}, {at.slice(0, 10)}: {domain ?? 'the graph'} changed what you use ({by}: {reason})</summary>
      <ul>
        {operations.flatMap(({ operation, breaksOn, goingAway }) => [
          ...breaksOn.map(({ coordinate, says }) => <li key={`${operation} ${coordinate}`}>{operation} fails on <code>{coordinate}</code>: {says}</li>),
          ...goingAway.map(({ coordinate, says }) => <li key={`${operation} ${coordinate}`}>{operation} uses <code>{coordinate}</code>, which goes away: {says}</li>),
        ])}
      </ul>
    </details>
  )
}

function Word({ word, meanings }: CatalogueWord): ReactNode {
  return (
    <details className="word">
      <summary>“{word}” has {meanings.length} meanings</summary>
      <dl>
        {meanings.map(({ sense, definition, grain }) => (
          <div key={sense}>
            <dt>{sense}</dt>
            <dd>{definition ?? 'no description'}{grain === null ? '' : ` (one row: ${grain})`}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}

function Product({ urn, domain, name, title, description, version, status, owner, access, promiseCounts, deprecation, objects }: CatalogueProduct): ReactNode {
  return (
    <details className="product">
      <summary>
        <strong>{title ?? name}</strong> <small>{domain} · {version} · {status}{owner === null ? '' : ` · ${owner}`}</small>
        {promiseCounts === null ? null : <small> · {promiseCounts.kept} promises kept, {promiseCounts.broken} broken, {promiseCounts.unknown + promiseCounts.notRun} not measured</small>}
        {access.readable ? null : <em> closed to you</em>}
        {deprecation === null ? null : <em> {describeEnd(deprecation)}</em>}
      </summary>
      <p>{description ?? 'No description.'} <code>{urn}</code></p>
      {access.how.length === 0 ? null : <p>To see more: {access.how.join('; ')}</p>}
      {objects.map((object) => (
        <table key={object.typeName}>
          <caption><code>{object.typeName}</code> {object.description ?? ''} {object.sense === null ? '' : `(${object.sense})`}</caption>
          <tbody>
            {object.fields.map((field) => (
              <tr key={field.name}>
                <td><code>{field.name}</code>{field.key ? ' (key)' : ''}</td>
                <td><code>{field.type}</code></td>
                <td>{[field.classification, field.masked ? 'masked for you' : null, field.deprecation === null ? null : describeEnd(field.deprecation)].filter((part) => part !== null).join(', ')}</td>
                <td>{field.description ?? ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      ))}
    </details>
  )
}
