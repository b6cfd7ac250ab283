import { createPrivateKey, createPublicKey, sign, verify, type JsonWebKeyInput } from 'node:crypto'
import type { Deployment } from './records.ts'

/** Signs what the registry decides. */
export interface DeploymentSigner {
  readonly sign: (deployment: Omit<Deployment, 'signature'>) => Deployment
}

/** Tells whether a deployment is the registry's own. */
export interface DeploymentVerifier {
  readonly verify: (deployment: Deployment) => boolean
}

/** @param privateJwk Ed25519 private key, JWK of RFC 8037 */
export function createDeploymentSigner(privateJwk: JsonWebKeyInput['key']): DeploymentSigner & DeploymentVerifier {
  const privateKey = createPrivateKey({ key: privateJwk, format: 'jwk' })
  const publicKey = createPublicKey(privateKey)
  return {
    sign: (deployment) => ({ ...deployment, signature: sign(null, signedBytes(deployment), privateKey).toString('base64url') }),
    verify: (deployment) => verify(null, signedBytes(deployment), publicKey, Buffer.from(deployment.signature, 'base64url')),
  }
}

/** The supergraph's id is the hash of its SDL, so signing the id signs the graph, and signing the members' hashes signs what they are. */
function signedBytes(deployment: Omit<Deployment, 'signature'>): Buffer {
  const { contents } = deployment
  return Buffer.from(JSON.stringify([
    contents === undefined ? 'polyseme-deployment-v1' : 'polyseme-deployment-v2', deployment.sequence, deployment.channel, deployment.kind, deployment.subgraph ?? null, deployment.supergraphId,
    byName(deployment.members), ...(contents === undefined ? [] : [byName(contents)]), deployment.percent, deployment.actor, deployment.at, deployment.reason,
  ]))
}

function byName<T>(values: Readonly<Record<string, T>>): readonly (readonly [string, T])[] {
  return Object.entries(values).sort(([a], [b]) => a < b ? -1 : 1)
}
