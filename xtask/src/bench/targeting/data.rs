//! The users that audiences are counted of: the same for the service, PostgreSQL and `DuckDB`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use rusqlite::{Connection, params};

use crate::bench::service::postgres::Postgres;

/// The attributes with their types, in the order of the columns behind the id.
pub(super) const ATTRIBUTES: [(&str, &str); 8] = [
    ("custom.loyalty_tier", "string"),
    ("custom.spend", "number"),
    ("custom.newsletter", "boolean"),
    ("custom.city", "string"),
    ("custom.player", "string"),
    ("custom.born", "number"),
    ("custom.seen", "string"),
    ("custom.visits", "number"),
];

/// The same as a table.
pub(super) const TABLES: &str = "CREATE TABLE users (id {text} PRIMARY KEY, tier text, spend double precision, \
     newsletter boolean, city text, player text, born integer, seen text, visits integer); \
     CREATE TABLE members (id {text} PRIMARY KEY)";

/// The files of one population.
pub(in crate::bench) struct Data {
    users: u32,
    pub(super) table: PathBuf,
    pub(super) members: PathBuf,
}

/// One user. Not everybody has a tier.
struct User {
    id: String,
    tier: Option<&'static str>,
    spend: f64,
    newsletter: bool,
    city: u32,
    player: u32,
    born: u32,
    seen: u32,
    visits: u32,
}

impl User {
    fn of(number: u32) -> Self {
        // Odd factors make permutations of all 32-bit numbers.
        let (first, second) = (number.wrapping_mul(2_654_435_761), number.wrapping_mul(0x85EB_CA6B));
        let chance = |salt: u32| {
            (number ^ salt).wrapping_mul(0x9E37_79B1).rotate_left(15).wrapping_mul(0x85EB_CA77) >> 8
        };
        let tier = match chance(1) % 100 {
            0..10 => None,
            10..70 => Some("bronze"),
            70..90 => Some("silver"),
            90..98 => Some("gold"),
            _ => Some("platinum"),
        };
        Self {
            id: format!("{first:08x}{second:08x}-{number:011}"),
            tier,
            spend: f64::from(chance(2) % 100_000) / 100.0,
            newsletter: chance(3).is_multiple_of(2),
            city: chance(4) % 1_000,
            player: chance(5) % 40,
            born: 1940 + chance(6) % 75,
            seen: chance(7) % 720,
            visits: chance(8) % 200,
        }
    }

    fn seen(&self) -> String {
        format!("20{:02}-{:02}-{:02}", 25 + self.seen / 360, 1 + self.seen % 360 / 30, 1 + self.seen % 30)
    }

    fn is_member(number: u32) -> bool {
        number % 10 < 3
    }

    fn json(&self) -> String {
        let tier = self.tier.map(|tier| format!(r#""custom.loyalty_tier":"{tier}","#)).unwrap_or_default();
        format!(
            r#"{{"custom.born":{},"custom.city":"city-{}",{tier}"custom.newsletter":{},"custom.player":"player-{}","custom.seen":"{}","custom.spend":{},"custom.visits":{}}}"#,
            self.born,
            self.city,
            self.newsletter,
            self.player,
            self.seen(),
            self.spend,
            self.visits
        )
    }
}

impl Data {
    /// Writes a table of users, and the ids of three in ten, as CSV.
    pub(in crate::bench) fn write(users: u32, folder: &Path) -> Result<Self> {
        let (table, members) = (folder.join("users.csv"), folder.join("members.csv"));
        let (mut rows, mut ids) =
            (BufWriter::new(File::create(&table)?), BufWriter::new(File::create(&members)?));
        writeln!(rows, "id,tier,spend,newsletter,city,player,born,seen,visits")?;
        writeln!(ids, "user_id")?;
        for number in 0..users {
            let user = User::of(number);
            writeln!(
                rows,
                "{},{},{},{},city-{},player-{},{},{},{}",
                user.id,
                user.tier.unwrap_or_default(),
                user.spend,
                user.newsletter,
                user.city,
                user.player,
                user.born,
                user.seen(),
                user.visits
            )?;
            if User::is_member(number) {
                writeln!(ids, "{}", user.id)?;
            }
        }
        rows.flush()?;
        ids.flush()?;
        Ok(Self { users, table, members })
    }

    /// Puts the users into the database of a service that does not run.
    pub(super) fn insert(&self, database: &Path) -> Result<()> {
        let mut connection = Connection::open(database)?;
        connection.pragma_update(None, "synchronous", "off")?;
        let transaction = connection.transaction()?;
        let mut insert = transaction
            .prepare("INSERT INTO users (id, attributes, updated_at) VALUES (?1, ?2, 1785553200000000)")?;
        for number in 0..self.users {
            let user = User::of(number);
            insert.execute(params![user.id, user.json()])?;
        }
        drop(insert);
        transaction.execute("UPDATE totals SET users = ?1", [self.users])?;
        transaction.commit()?;
        Ok(())
    }

    /// Takes both files into tables, with indexes that help, and looks them through.
    pub(super) fn load(&self, postgres: &Postgres) -> Result<()> {
        postgres.sql("DROP TABLE users")?;
        postgres.sql(&TABLES.replace("{text}", "text COLLATE \"C\""))?;
        for (table, file) in [("users", &self.table), ("members", &self.members)] {
            let copy = format!("COPY {table} FROM STDIN WITH (FORMAT csv, HEADER)");
            postgres.sql_with(File::open(file)?.into(), &copy)?;
        }
        postgres.sql("CREATE INDEX ON users (tier); CREATE INDEX ON users (spend)")?;
        postgres.sql("VACUUM ANALYZE users")?;
        postgres.sql("VACUUM ANALYZE members")?;
        Ok(())
    }
}
