import { createHash } from 'node:crypto'
import type { Persona } from './personas.ts'

/** A page and the policy to send with it: no script, no request to anywhere. */
export interface Page {
  readonly html: string
  readonly contentSecurityPolicy: string
}

const STYLE = `
:root { color-scheme: light dark }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 36rem; margin: 0 auto; padding: 0 1.5rem 3rem }
.banner { background: #b3261e; color: #fff; font-weight: 600; margin: 0 -1.5rem 2rem; padding: .75rem 1.5rem }
h1 { font-size: 1.4rem }
button { all: unset; box-sizing: border-box; cursor: pointer; display: block; width: 100%; border: 1px solid #8888; border-radius: 8px; padding: .7rem 1rem; margin: .5rem 0 }
button:hover, button:focus-visible { border-color: #3b5bdb; outline: 2px solid #3b5bdb55 }
button strong { display: block }
button span { opacity: .75 }
code { font-size: .95em }
`

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64')

/** The sign-in page: one button per persona, no password. `returnOrigin` is where the form's redirects end. */
export function renderSignInPage(personas: readonly Persona[], formAction: string, returnOrigin: string): Page {
  const buttons = personas.map(
    ({ id, summary }) => `<button type="submit" name="persona" value="${escapeHtml(id)}"><strong>${escapeHtml(id)}</strong><span>${escapeHtml(summary)}</span></button>`,
  )
  return buildPage(
    'Sign in',
    `<h1>Sign in to Polyseme as</h1><form method="post" action="${escapeHtml(formAction)}">${buttons.join('\n')}</form>`,
    // Browsers apply form-action to the redirects that follow, so the console's origin has to be named.
    `'self' ${returnOrigin}`,
  )
}

export function renderErrorPage(error: string, description: string | undefined): Page {
  return buildPage('Sign-in failed', `<h1>Sign-in failed</h1><p><code>${escapeHtml(error)}</code> ${escapeHtml(description ?? '')}</p><p>Go back to the console and sign in again.</p>`, `'none'`)
}

function buildPage(title: string, body: string, formAction: string): Page {
  return {
    html: `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>${title} · Polyseme development issuer</title><style>${STYLE}</style></head>
<body><p class="banner" role="alert">Development only: anyone who opens this page can sign in as anyone. Never use this issuer for real data.</p>${body}</body>
</html>
`,
    contentSecurityPolicy: `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action ${formAction}; frame-ancestors 'none'; base-uri 'none'`,
  }
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0) ?? 0};`)
}
