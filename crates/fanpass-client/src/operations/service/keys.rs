//! List, Rotate and Retire Key: the keys that tokens are signed with.

use fanpass_model::operations::{LIST_KEYS, RETIRE_KEY, ROTATE_KEY};
use fanpass_model::{KeyList, KeySummary};
use fanpass_transport::Request;

use crate::{Client, Error, Requests};

impl Requests {
    /// The request of [`Client::list_keys`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the path makes no URI.
    pub fn list_keys(&self) -> Result<Request, Error> {
        self.bare(&LIST_KEYS, self.uri(&LIST_KEYS, &[])?)
    }

    /// The request of [`Client::rotate_key`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the path makes no URI.
    pub fn rotate_key(&self) -> Result<Request, Error> {
        self.bare(&ROTATE_KEY, self.uri(&ROTATE_KEY, &[])?)
    }

    /// The request of [`Client::retire_key`].
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) if the parameters make no URI.
    pub fn retire_key(&self, kid: &str) -> Result<Request, Error> {
        self.bare(&RETIRE_KEY, self.uri(&RETIRE_KEY, &[("kid", kid)])?)
    }
}

impl Client {
    /// The keys that tokens are signed with, oldest first. Extension.
    ///
    /// # Errors
    /// What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn list_keys(&self) -> Result<KeyList, Error> {
        self.call(&LIST_KEYS, self.requests().list_keys()).await
    }

    /// Makes a key that signs new tokens from now on; those of older keys are accepted still. Extension.
    ///
    /// # Errors
    /// What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn rotate_key(&self) -> Result<KeySummary, Error> {
        self.call(&ROTATE_KEY, self.requests().rotate_key()).await
    }

    /// Deletes a key by its id; no token that it signed is accepted any more. Extension.
    ///
    /// # Errors
    /// [`ErrorKind::NotFound`](crate::ErrorKind::NotFound) for an unknown id, [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) for the key that
    /// signs. What the call came to; [`ErrorKind::NotOffered`](crate::ErrorKind::NotOffered) by another FanPass.
    pub async fn retire_key(&self, kid: &str) -> Result<KeySummary, Error> {
        self.call(&RETIRE_KEY, self.requests().retire_key(kid)).await
    }
}
