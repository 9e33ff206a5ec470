-- Registered attributes: what else is known of them.

-- Audiences: expressions that are saved under a name.

-- What the columns of users are kept up to date by.

-- What is on its way to GA4.
