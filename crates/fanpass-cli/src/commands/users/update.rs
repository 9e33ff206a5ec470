//! `fanpass users update`: sets and unsets attributes of one user.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use clap::Args;
use fanpass_model::{AttributeKey, AttributeValue, UserId, UserProperties, ga4};
use fanpass_sync::CellType;
use serde::Serialize;

use crate::cli::Global;
use crate::commands::dry_run::{DryRun, Intent};
use crate::exit::Exit;
use crate::failure::failure;
use crate::feed::lint::Authority;
use crate::printer::{Printer, Report, counted};
use crate::session::Session;

/// Set or unset attributes of one user
///
/// Values are text unless their type is said: `--set custom.points:number=1250`, `--set user_properties.sth:boolean=true`,
/// `--set user_properties.ticketing_plans:list=full-season,cup`. The types of `users push` do too: `integer`, `decimal`, `date`,
/// `list(|)`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  \
    fanpass users update 00042 --set custom.loyalty_tier=gold --set user_properties.sth:boolean=true\n  \
    fanpass users update 00042 --unset custom.loyalty_tier --dry-run\n  \
    fanpass users update 00042 --properties properties.json")]
pub struct Update {
    /// The user's id
    user: UserId,
    /// Set an attribute; types are `string`, `number`, `boolean` and `list`
    #[arg(long, value_name = "KEY[:TYPE]=VALUE", value_parser = parse_assignment)]
    set: Vec<Assignment>,
    /// Take an attribute off the user's record
    #[arg(long, value_name = "KEY")]
    unset: Vec<AttributeKey>,
    /// JSON file of attributes by key, `null` to unset; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    properties: Option<PathBuf>,
    #[command(flatten)]
    dry_run: DryRun,
}

#[derive(Debug, Clone)]
struct Assignment {
    key: AttributeKey,
    value: AttributeValue,
}

fn parse_assignment(text: &str) -> Result<Assignment, String> {
    let (target, value) = text.split_once('=').ok_or("write KEY=VALUE or KEY:TYPE=VALUE")?;
    let (key, kind) = target.split_once(':').unwrap_or((target, "string"));
    let key = key.parse::<AttributeKey>().map_err(|error| format!("`{key}`: {error}"))?;
    let value = match kind {
        "string" => AttributeValue::from(value),
        "list" => typed("list(,)", value)?,
        "number" | "boolean" => {
            let parsed: AttributeValue =
                serde_json::from_str(value).map_err(|_| format!("`{value}` is no {kind}"))?;
            if parsed.attribute_type().is_none_or(|found| found.as_str() != kind) {
                return Err(format!("`{value}` is no {kind}"));
            }
            parsed
        }
        _ => typed(kind, value)?,
    };
    value.validate().map_err(|error| error.to_string())?;
    Ok(Assignment { key, value })
}

/// A value of one of the types that a mapping has.
fn typed(kind: &str, value: &str) -> Result<AttributeValue, String> {
    let cell: CellType =
        kind.parse().map_err(|error| format!("{error}; a list without a separator is parted by commas"))?;
    let read =
        cell.read(value).map_err(|fault| fault.message.replacen("the cell", &format!("`{value}`"), 1))?;
    read.ok_or_else(|| format!("`{value}` holds no entry"))
}

impl Update {
    pub async fn run(self, global: &Global, printer: Printer) -> Result<Exit> {
        let user = self.user.clone();
        let DryRun { dry_run } = self.dry_run;
        let properties = self.collect()?;
        if dry_run {
            printer.report(&intent(&user, &properties, global).await?)?;
            return Ok(Exit::Done);
        }
        let attributes = u64::try_from(properties.len()).unwrap_or(u64::MAX);
        let session = Session::open(global).await?;
        session.client.update_user(&user, properties).await?;
        // Another FanPass cannot show what it stored.
        let next = session.offers_extensions().then(|| session.next_about("users get", user.as_str()));
        session.close().await;
        printer.report(&UpdateReport { user_id: user, attributes, next })?;
        Ok(Exit::Done)
    }

    /// All attributes named on the command line and in the file; one that is named twice is an error.
    fn collect(self) -> Result<UserProperties> {
        let mut properties = match &self.properties {
            Some(path) => read_properties(path)?,
            None => UserProperties::new(),
        };
        let set = self.set.into_iter().map(|Assignment { key, value }| (key, value));
        let unset = self.unset.into_iter().map(|key| (key, AttributeValue::Unset));
        for (key, value) in set.chain(unset) {
            if properties.get(key.as_str()).is_some() {
                return Err(failure(Exit::Usage, format!("{key} is named twice; say once what it shall be")));
            }
            properties.insert(key, value);
        }
        if properties.is_empty() {
            return Err(failure(Exit::Usage, "nothing to update: use --set, --unset or --properties"));
        }
        Ok(properties)
    }
}

/// What an update would do, as far as that can be told without doing it.
async fn intent(user: &UserId, properties: &UserProperties, global: &Global) -> Result<Intent> {
    let session = Session::to_read(global)?;
    let authority = Authority { file: None, session: session.as_ref() };
    let registry = authority.registry().await?;
    let violations = registry.as_ref().map(|registry| registry.check(properties)).unwrap_or_default();
    if !violations.is_empty() {
        let all: Vec<_> = violations.iter().map(|violation| authority.explain(violation)).collect();
        return Err(failure(Exit::Refused, format!("{}; nothing was sent", all.join("; "))));
    }
    let keys = |unset: bool| {
        let chosen = properties.iter().filter(move |(_, value)| (**value == AttributeValue::Unset) == unset);
        let keys: Vec<_> = chosen.map(|(key, _)| key.to_string()).collect();
        keys.join(", ")
    };
    let parts = [("set", keys(false)), ("unset", keys(true))];
    let parts = parts.iter().filter(|(_, keys)| !keys.is_empty());
    let parts: Vec<_> = parts.map(|(verb, keys)| format!("{verb} {keys}")).collect();
    let warnings = properties.iter().flat_map(|(key, value)| {
        let lints = ga4::lint_key(key).into_iter().chain(ga4::lint_value(key, value));
        lints.map(move |lint| format!("{key}: {lint}"))
    });
    Ok(Intent::to(format!("{} of user {user}", parts.join(" and ")))
        .if_only("the service knows these attributes", registry.is_some())
        .but(warnings))
}

fn read_properties(path: &Path) -> Result<UserProperties> {
    let mut text = String::new();
    if path == Path::new("-") {
        io::stdin().read_to_string(&mut text).context("cannot read standard input")?;
    } else {
        text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    }
    serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
        failure(Exit::Refused, format!("{} is no JSON object of attributes: {error}", path.display()))
    })
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct UpdateReport {
    user_id: UserId,
    attributes: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl Report for UpdateReport {
    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let Self { user_id, attributes, .. } = self;
        writeln!(out, "Updated {} of user {user_id}", counted(*attributes, "attribute"))
    }

    fn next(&self) -> Option<String> {
        self.next.clone()
    }
}
