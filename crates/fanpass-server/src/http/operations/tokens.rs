//! List, Issue and Revoke Token.

use fanpass_model::operations::{ISSUE_TOKEN, LIST_TOKENS, REVOKE_TOKEN};
use fanpass_model::{IssueTokenRequest, IssuedToken, Operation, SecretText, TokenList, TokenSummary};
use secrecy::{ExposeSecret as _, SecretString};

use crate::app::App;
use crate::auth::SCOPES;
use crate::http::call::{Call, Operate};
use crate::http::json::to_json;
use crate::http::problem::{Kind, Problem, item};
use crate::http::query::cut;
use crate::store::TokenRecord;

/// Seconds that a token lives at most: ten years.
const LIFETIME_MAX: u64 = 10 * 365 * 24 * 60 * 60;
const SUBJECT_MAX_BYTES: usize = 128;
/// What a token allows when its request does not say: everything but issuing further tokens.
const SCOPES_DEFAULT: [&str; 3] = ["segments:write", "users:write", "read"];

pub(in crate::http) struct List;

impl Operate for List {
    const OPERATION: Operation = LIST_TOKENS;
    type Answer = TokenList;

    async fn operate(call: &mut Call) -> Result<TokenList, Problem> {
        let parameters = &call.parameters;
        let (after, limit) = (parameters.text("after"), parameters.limit());
        let mut tokens = call.app.store.tokens(after.as_deref(), limit + 1).await?;
        let more = cut(&mut tokens, limit);
        let mut list = TokenList::new(tokens.into_iter().map(summary).collect());
        list.next = list.tokens.last().filter(|_| more).map(|last| last.jti.clone());
        Ok(list)
    }
}

pub(in crate::http) struct Issue;

impl Operate for Issue {
    const OPERATION: Operation = ISSUE_TOKEN;
    type Answer = IssuedToken;

    async fn operate(call: &mut Call) -> Result<IssuedToken, Problem> {
        let request: IssueTokenRequest = call.json().await?;
        check(&request)?;
        let lifetime = request.lifetime_seconds.unwrap_or_else(|| call.app.token_lifetime.as_secs());
        let scopes = match request.scopes {
            none if none.is_empty() => SCOPES_DEFAULT.map(str::to_owned).into(),
            named => each_once(named),
        };
        let (record, token) = call
            .app
            .authority
            .make_token(request.subject, scopes, lifetime)
            .map_err(|error| Problem::internal(&error))?;

        call.audit.target = Some(record.jti.clone());
        let trace = call.trace::<Self>(|| record.jti.clone());
        call.app.store.issue_token(record.clone(), trace).await?;
        call.audited = true;
        Ok(issued(record, &token))
    }

    /// The secret is kept nowhere: signing the same claims with the same key gives the same token.
    async fn answer_again(app: &App, jti: String) -> Result<Vec<u8>, Problem> {
        let record = app.store.token(&jti).await?.ok_or_else(|| Problem::internal(&"a token is gone"))?;
        let token = app.authority.sign_again(&record).map_err(|_| {
            let detail = "the token that this `Idempotency-Key` stands for was signed by a key that is retired since; use a new one";
            Problem::new(Kind::CONFLICT, detail)
        })?;
        Ok(to_json(&issued(record, &token)).into_bytes())
    }
}

pub(in crate::http) struct Revoke;

impl Operate for Revoke {
    const OPERATION: Operation = REVOKE_TOKEN;
    type Answer = TokenSummary;

    async fn operate(call: &mut Call) -> Result<TokenSummary, Problem> {
        // The path is `…/tokens/{jti}`; token ids need no escape, so one that has any names no token.
        let jti = call.parts.uri.path().rsplit('/').next().unwrap_or_default().to_owned();
        call.audit.target = Some(jti.clone());
        let mut trace = call.trace::<Self>(String::new);
        let traced = move |token: &TokenRecord| {
            if let Some((_, kept)) = &mut trace.answer {
                *kept = to_json(&summary(token.clone()));
            }
            trace
        };
        let record = call.app.store.revoke_token(&jti, traced).await?;
        call.audited = true;
        Ok(summary(record))
    }
}

fn issued(record: TokenRecord, token: &SecretString) -> IssuedToken {
    IssuedToken::new(
        SecretText::from(token.expose_secret().to_owned()),
        record.jti,
        record.subject,
        record.scopes,
        record.issued_at.to_string(),
        record.expires_at.to_string(),
    )
}

fn summary(record: TokenRecord) -> TokenSummary {
    let mut summary = TokenSummary::new(
        record.jti,
        record.subject,
        record.scopes,
        record.issued_at.to_string(),
        record.expires_at.to_string(),
    );
    summary.revoked_at = record.revoked_at.map(|at| at.to_string());
    summary.last_used_at = record.last_used_at.map(|at| at.to_string());
    summary
}

fn each_once(scopes: Vec<String>) -> Vec<String> {
    let mut once = Vec::new();
    for scope in scopes {
        if !once.contains(&scope) {
            once.push(scope);
        }
    }
    once
}

fn check(request: &IssueTokenRequest) -> Result<(), Problem> {
    let mut items = Vec::new();
    let subject = &request.subject;
    if subject.trim().is_empty() || subject.len() > SUBJECT_MAX_BYTES || subject.contains(char::is_control) {
        let detail =
            format!("`subject` is 1 to {SUBJECT_MAX_BYTES} bytes of text without control characters");
        items.push(item("/subject", "invalid_value", detail));
    }
    for (position, scope) in request.scopes.iter().enumerate() {
        if !SCOPES.contains(&scope.as_str()) {
            let detail = format!("`{scope}` is no scope; there are {}", SCOPES.join(", "));
            items.push(item(format!("/scopes/{position}"), "unknown_scope", detail));
        }
    }
    if request.lifetime_seconds.is_some_and(|lifetime| !(1..=LIFETIME_MAX).contains(&lifetime)) {
        let detail = format!("`lifetimeSeconds` is from 1 to {LIFETIME_MAX} (ten years)");
        items.push(item("/lifetimeSeconds", "invalid_value", detail));
    }
    if items.is_empty() { Ok(()) } else { Err(Problem::invalid(items)) }
}
