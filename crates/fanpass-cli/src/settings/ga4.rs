//! The API secret of GA4, which is no setting: it stands in no output and on no command line.

use anyhow::Result;
use secrecy::SecretString;

use super::Settings;
use crate::exit::Exit;
use crate::failure::failure;
use crate::profile::read_secret_file;

/// The variable of the environment that holds it.
pub(super) const VARIABLE: &str = "FANPASS_GA4_SECRET";
/// The file in the data folder that holds it.
const FILE: &str = "ga4-secret";
const WHAT: &str = "API secret of GA4";

impl Settings {
    /// Takes the secret from the environment, the file that is named, or the data folder, in this order, and refuses what of
    /// the settings contradicts itself.
    pub(super) fn find_ga4_secret(&mut self, in_environment: Option<SecretString>) -> Result<()> {
        let kept = self.config.data.join(FILE);
        let found = match (in_environment, &self.ga4_secret_file) {
            (Some(secret), _) => Some((secret, VARIABLE.to_owned())),
            (None, Some(path)) => {
                let secret = read_secret_file(path, WHAT);
                let secret =
                    secret.map_err(|error| failure(Exit::Usage, format!("ga4.secret_file: {error:#}")))?;
                Some((secret, path.display().to_string()))
            }
            (None, None) if kept.exists() => {
                Some((read_secret_file(&kept, WHAT)?, kept.display().to_string()))
            }
            (None, None) => None,
        };
        (self.config.ga4.secret, self.ga4_secret_from) = found.unzip();
        self.config.ga4.check().map_err(|error| {
            let hint = match &self.config.ga4.secret {
                None if self.config.ga4.is_set() => format!(
                    "; put it into {VARIABLE}, into a file named by ga4.secret_file, or into {}, either readable by you alone",
                    kept.display()
                ),
                _ => String::new(),
            };
            failure(Exit::Usage, format!("{error}{hint}"))
        })
    }
}
