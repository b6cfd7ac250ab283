/**
 * What policies can speak about, as a Cedar schema; policies are validated strictly against it.
 *
 * It is the same for every mesh: the mesh's own names (products, fields, roles, purposes …) are ids of entities, which
 * Cedar does not check and `compilePolicies` does.
 */
export const CEDAR_SCHEMA = `
// Who asks. Roles and groups come from the token.
entity Role, Group, Region, Purpose, Classification;
entity Caller in [Role, Group] {
  issuer: String,
  subject: String,
  client?: String,
  scopes: Set<String>,
  regions: Set<Region>,
};

// What is asked for: a field of an object of a product of a domain.
entity Domain;
entity Product in [Domain];
entity Object in [Product];
entity Field in [Object, Classification] {
  name: String,
  object: String,
  product: String,
  domain: String,
  classification: String,
  type: String,
  key: Bool,
  readScopes: Set<String>,
  fieldScopes: Set<String>,
  needsAgreement: Bool,
};

// read: at all. reveal: in clear instead of masked. aggregate: in sums, counts, extremes. export: into a file.
action read, reveal, aggregate, export appliesTo {
  principal: Caller,
  resource: Field,
  context: { purpose?: Purpose, agreements: Set<String> },
};

// readAllRows: every row, instead of those that the policy's @rows leaves.
action readAllRows appliesTo {
  principal: Caller,
  resource: Object,
  context: { purpose?: Purpose, agreements: Set<String> },
};

// publish: a subgraph. approve: a change or an agreement. steward: mappings and meanings.
action publish, approve, steward appliesTo {
  principal: Caller,
  resource: [Domain, Product],
  context: { neededScope?: String },
};

// What a federation subgraph asks for by name: @policy(policies: [["name"]]).
entity NamedPolicy;
action satisfy appliesTo {
  principal: Caller,
  resource: NamedPolicy,
  context: { purpose?: Purpose },
};
`.trimStart()
