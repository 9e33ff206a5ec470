//! Which FanPass behind a domain, and with which token: what options, environment and profiles say.

use std::collections::BTreeMap;

use anyhow::Result;
use secrecy::SecretString;

use crate::cli::{Found, Global};
use crate::exit::Exit;
use crate::failure::failure;
use crate::profile::{ConfigFolder, DEFAULT_PROFILE, Profile, parse_token, read_token_file};

/// A FanPass behind a domain, and the profile whose token belongs to it.
#[derive(Debug)]
pub struct Target {
    /// A host or a URL.
    pub domain: String,
    /// The profile of that very domain, if one is in play: its token goes nowhere else.
    pub profile: Option<String>,
    /// The options that name it again.
    pub flags: String,
}

impl Target {
    /// What `--domain`, `--profile` and the stored profiles say, in this order.
    pub fn find(global: &Global) -> Result<Self> {
        let name = global.profile.as_deref().unwrap_or(DEFAULT_PROFILE);
        let stored = ConfigFolder::new(global.config.clone()).and_then(|folder| folder.profiles());
        let mut stored = match stored {
            // The default profile would only be looked at for its token.
            Err(_)
                if global.domain.is_some() && global.profile.is_none() && stated_token(global)?.is_some() =>
            {
                BTreeMap::new()
            }
            stored => stored?,
        };
        match (&global.domain, stored.remove(name)) {
            (Some(domain), profile) => Ok(Self {
                domain: domain.clone(),
                profile: profile.filter(|profile| profile.domain == *domain).map(|_| name.to_owned()),
                flags: format!("--domain {domain}"),
            }),
            (None, Some(profile)) => Ok(Self {
                domain: profile.domain,
                profile: Some(name.to_owned()),
                flags: if name == DEFAULT_PROFILE { String::new() } else { format!("--profile {name}") },
            }),
            (None, None) => Err(failure(Exit::Usage, none_named(global.profile.as_deref(), &stored))),
        }
    }

    /// As [`find`](Self::find); `None` where nothing names a FanPass.
    pub fn named(global: &Global) -> Result<Option<Self>> {
        let by_default = global.domain.is_none() && global.profile.is_none();
        if by_default && ConfigFolder::new(global.config.clone())?.profile(DEFAULT_PROFILE)?.is_none() {
            return Ok(None);
        }
        Self::find(global).map(Some)
    }

    /// The token for this target.
    pub fn token(&self, global: &Global) -> Result<SecretString> {
        if let Some((token, _)) = self.find_token(global)? {
            return Ok(token);
        }
        let domain = &self.domain;
        Err(failure(
            Exit::Denied,
            format!(
                "no token for {domain}: set FANPASS_TOKEN, name a file with --token-file, \
                 or store one with `fanpass auth login --domain {domain}`"
            ),
        ))
    }

    /// The token and, in words, where it was found: `--token-file`, the one stored with a profile that the command or its file names,
    /// `FANPASS_TOKEN`, `FANPASS_TOKEN_FILE`, or the one stored with the profile that is taken otherwise.
    pub fn find_token(&self, global: &Global) -> Result<Option<(SecretString, String)>> {
        let stored = || -> Result<_> {
            let Some(name) = &self.profile else { return Ok(None) };
            let token = ConfigFolder::new(global.config.clone())?.token(name)?;
            Ok(token.map(|token| (token, format!("profile {name}"))))
        };
        let is_meant = global.profile.is_some() && global.target_from > Found::Environment;
        if is_meant
            && global.token_file_from != Found::CommandLine
            && let Some(found) = stored()?
        {
            return Ok(Some(found));
        }
        stated_token(global)?.map_or_else(stored, |found| Ok(Some(found)))
    }
}

/// What to do where the profile that is meant is not among those that are `stored`.
fn none_named(profile: Option<&str>, stored: &BTreeMap<String, Profile>) -> String {
    let stored = stored.keys().fold(String::new(), |stored, name| stored + "--profile " + name + ", ");
    match profile {
        Some(name) => {
            let login = format!("`fanpass auth login --profile {name} --domain DOMAIN`");
            let stored = if stored.is_empty() { stored } else { format!("use {stored}or ") };
            format!("there is no profile `{name}`: {stored}make it with {login}")
        }
        None => format!(
            "which FanPass? Use {stored}--local for the one inside this tool, --domain DOMAIN with FANPASS_TOKEN, \
             or store both with `fanpass auth login --domain DOMAIN`"
        ),
    }
}

/// The token that `--token-file`, `FANPASS_TOKEN` or `FANPASS_TOKEN_FILE` gives, in this order, and which of them did.
pub fn stated_token(global: &Global) -> Result<Option<(SecretString, String)>> {
    if global.token_file_from != Found::CommandLine
        && let Some(token) = token_in_environment()
    {
        return Ok(Some((token, "FANPASS_TOKEN".to_owned())));
    }
    let Some(path) = &global.token_file else { return Ok(None) };
    Ok(Some((read_token_file(path)?, path.display().to_string())))
}

/// The token in `FANPASS_TOKEN`; an empty one is none.
fn token_in_environment() -> Option<SecretString> {
    parse_token(&std::env::var("FANPASS_TOKEN").ok()?)
}
