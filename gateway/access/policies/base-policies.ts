/**
 * The policies that every mesh has, before any file is read.
 *
 * They are what "no policies" means: scopes open products, `restricted` fields are masked, everything else is in clear.
 * Other policies narrow this with `forbid`; a domain may open its own `restricted` fields with `permit` on `reveal`.
 */
export const BASE_POLICIES = `
// A product is open to callers with one of its read scopes; a field with scopes of its own asks for one of those as well.
@id("read-by-scope")
permit (principal, action in [Action::"read", Action::"aggregate", Action::"export"], resource)
when { resource.readScopes.isEmpty() || principal.scopes.containsAny(resource.readScopes) }
when { resource.fieldScopes.isEmpty() || principal.scopes.containsAny(resource.fieldScopes) };

// What is read is seen in clear, unless its contract calls it restricted: that takes a policy that says who and why.
@id("reveal-by-classification")
permit (principal, action == Action::"reveal", resource)
unless { resource.classification == "restricted" };

// All rows of what is read are seen, but for the row filters of its contract and of other policies.
@id("all-rows")
permit (principal, action == Action::"readAllRows", resource);

// A product whose contract asks for an agreement is closed without one.
@id("agreement-needed")
forbid (principal, action in [Action::"read", Action::"aggregate", Action::"export", Action::"reveal"], resource)
when { resource.needsAgreement }
unless { context.agreements.contains(resource.product) };

// Who may change the mesh says the token: "<domain>:publish", "<domain>:approve", "<domain>:steward".
@id("change-by-scope")
permit (principal, action in [Action::"publish", Action::"approve", Action::"steward"], resource)
when { context has neededScope && principal.scopes.contains(context.neededScope) };
`.trimStart()
