import { assertNever } from '@polyseme/kit/errors'
import { PostgresRegistryDatabase } from './postgres-registry-database.ts'
import { SqlRegistryStore } from './sql-registry-store.ts'
import { SqliteRegistryDatabase } from './sqlite-registry-database.ts'

/** Where a registry is kept. */
export type StoreAddress =
  | { readonly kind: 'sqlite'; readonly file: string }
  | { readonly kind: 'postgres'; readonly connectionString: string }

/** @throws REGISTRY_UNAVAILABLE · REGISTRY_CORRUPT */
export async function openStore(address: StoreAddress): Promise<SqlRegistryStore> {
  return await SqlRegistryStore.open(openDatabase(address))
}

function openDatabase(address: StoreAddress): SqliteRegistryDatabase | PostgresRegistryDatabase {
  switch (address.kind) {
    case 'sqlite': return new SqliteRegistryDatabase(address.file)
    case 'postgres': return new PostgresRegistryDatabase(address.connectionString)
    default: return assertNever(address)
  }
}
