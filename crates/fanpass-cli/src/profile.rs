//! Profiles: which FanPass a command talks to, and where its token is kept.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use etcetera::{BaseStrategy, choose_base_strategy};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::exit::Exit;
use crate::failure::failure;
use crate::private_file::write_private;

/// The profile that is used when none is named.
pub const DEFAULT_PROFILE: &str = "default";

/// The configuration folder: `profiles.toml`, and one 0600 file per token.
#[derive(Debug, Clone)]
pub struct ConfigFolder(PathBuf);

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProfilesFile {
    #[serde(default)]
    profiles: BTreeMap<String, Profile>,
}

/// One FanPass that the user pushes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// A host, or a URL.
    pub domain: String,
}

impl ConfigFolder {
    /// `path`, or the user's own configuration folder.
    pub fn new(path: Option<PathBuf>) -> Result<Self> {
        let path = match path {
            Some(path) => path,
            None => choose_base_strategy()
                .context("no home folder: set FANPASS_CONFIG to the folder for profiles and tokens")?
                .config_dir()
                .join("fanpass"),
        };
        Ok(Self(path))
    }

    /// All profiles by name.
    pub fn profiles(&self) -> Result<BTreeMap<String, Profile>> {
        Ok(self.read()?.profiles)
    }

    /// Whether a token is stored for a profile.
    pub fn has_token(&self, name: &str) -> bool {
        self.token_path(name).is_ok_and(|path| path.exists())
    }

    /// The profile of that name, if there is one.
    pub fn profile(&self, name: &str) -> Result<Option<Profile>> {
        Ok(self.read()?.profiles.remove(name))
    }

    /// Adds or replaces a profile.
    pub fn save_profile(&self, name: &str, profile: Profile) -> Result<()> {
        check_name(name)?;
        let mut file = self.read()?;
        file.profiles.insert(name.to_owned(), profile);
        fs::create_dir_all(&self.0).with_context(|| format!("cannot create {}", self.0.display()))?;
        write_private(&self.profiles_path(), toml::to_string(&file)?.as_bytes())
    }

    /// The token stored for a profile, if there is one.
    pub fn token(&self, name: &str) -> Result<Option<SecretString>> {
        let path = self.token_path(name)?;
        if path.exists() { read_token_file(&path).map(Some) } else { Ok(None) }
    }

    /// Stores a profile's token where only its owner can read it.
    pub fn save_token(&self, name: &str, token: &SecretString) -> Result<PathBuf> {
        let path = self.token_path(name)?;
        let folder = self.0.join("tokens");
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        write_private(&path, token.expose_secret().as_bytes())?;
        Ok(path)
    }

    /// Forgets a profile's token; whether there was one.
    pub fn remove_token(&self, name: &str) -> Result<bool> {
        let path = self.token_path(name)?;
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(error).with_context(|| format!("cannot remove {}", path.display())),
        }
    }

    fn read(&self) -> Result<ProfilesFile> {
        let path = self.profiles_path();
        match fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).map_err(|error| {
                failure(
                    Exit::Usage,
                    format!("{} is not a profiles file: {}", path.display(), error.to_string().trim_end()),
                )
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(ProfilesFile::default()),
            Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
        }
    }

    fn profiles_path(&self) -> PathBuf {
        self.0.join("profiles.toml")
    }

    fn token_path(&self, name: &str) -> Result<PathBuf> {
        check_name(name)?;
        Ok(self.0.join("tokens").join(name))
    }
}

/// A profile's name becomes a file's name.
fn check_name(name: &str) -> Result<()> {
    let fine = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if fine {
        return Ok(());
    }
    Err(failure(Exit::Usage, format!("`{name}` is no profile name: use letters, digits, `-` and `_`")))
}

/// Reads a token from a file that only its owner can read.
pub fn read_token_file(path: &Path) -> Result<SecretString> {
    read_secret_file(path, "token")
}

/// A secret in a file that its owner alone can read; `what` it is.
pub fn read_secret_file(path: &Path, what: &str) -> Result<SecretString> {
    refuse_shared(path, what)?;
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read the {what} in {}", path.display()))?;
    parse_token(&text).ok_or_else(|| failure(Exit::Usage, format!("{} holds no {what}", path.display())))
}

/// A token as a person or a file gives it: surrounding white space is not part of it.
pub fn parse_token(text: &str) -> Option<SecretString> {
    let token = text.trim();
    (!token.is_empty()).then(|| SecretString::from(token.to_owned()))
}

/// Refuses a file that others can read.
#[cfg(unix)]
pub fn refuse_shared(path: &Path, what: &str) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    const OTHERS: u32 = 0o077;
    let mode = fs::metadata(path)
        .with_context(|| format!("cannot read the {what} in {}", path.display()))?
        .permissions()
        .mode();
    if mode & OTHERS == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(failure(Exit::Usage, format!("others can read the {what} in {path}: run `chmod 600 {path}`")))
}

#[cfg(not(unix))]
pub fn refuse_shared(_path: &Path, _what: &str) -> Result<()> {
    Ok(())
}
