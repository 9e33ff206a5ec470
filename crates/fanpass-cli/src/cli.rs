//! The command line: what can be asked for, and the options that every command takes.

use std::env;
use std::ffi::OsStr;
use std::path::PathBuf;

use clap::builder::Resettable;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{
    ArgAction, ArgMatches, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum,
};

use crate::commands::{
    apply, attributes, audiences, audit, auth, check, completions, faults, fsck, ga4, keys, man, plan,
    rejects, reset, restore, runs, segments, serve, snapshot, support, tokens, users,
};
use crate::exit::Exit;

/// A space at which no line of help is broken; it is printed as an ordinary one.
pub const UNBROKEN: &str = "\u{a0}";

/// Push segments and user attributes into FanReach, or run the service that takes them
#[derive(Debug, Parser)]
#[command(
    name = "fanpass",
    version,
    arg_required_else_help = true,
    after_long_help = after_help(),
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    Check(check::Check),
    #[command(subcommand)]
    Segments(segments::Command),
    #[command(subcommand)]
    Users(users::Command),
    Plan(plan::Plan),
    Apply(apply::Apply),
    #[command(subcommand)]
    Runs(runs::Command),
    #[command(subcommand)]
    Rejects(rejects::Command),
    #[command(subcommand)]
    Attributes(attributes::Command),
    #[command(subcommand)]
    Audiences(audiences::Command),
    #[command(subcommand)]
    Tokens(tokens::Command),
    #[command(subcommand)]
    Keys(keys::Command),
    Audit(audit::Audit),
    #[command(subcommand)]
    Auth(auth::Command),
    Serve(serve::Serve),
    #[command(subcommand)]
    Faults(faults::Command),
    #[command(subcommand)]
    Ga4(ga4::Command),
    Fsck(fsck::Fsck),
    Snapshot(snapshot::Snapshot),
    Restore(restore::Restore),
    Reset(reset::Reset),
    SupportBundle(support::SupportBundle),
    Completions(completions::Completions),
    Man(man::Man),
}

/// Which FanPass to talk to, and how to talk to you.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Use the service inside this process, with its data in a folder here; needs no set-up
    #[arg(long, global = true)]
    pub local: bool,
    /// Folder of the local service's data
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "FANPASS_DATA",
        default_value = ".fanpass",
        hide_env_values = true
    )]
    pub data: PathBuf,
    /// Where `data` was found, if anywhere.
    #[arg(skip)]
    pub data_from: Found,
    /// The FanPass to talk to: a host or a URL
    #[arg(long, global = true, value_name = "DOMAIN", env = "FANPASS_DOMAIN", hide_env_values = true)]
    pub domain: Option<String>,
    /// The profile that names the domain and keeps the token
    #[arg(long, global = true, value_name = "NAME", env = "FANPASS_PROFILE", hide_env_values = true)]
    pub profile: Option<String>,
    /// Where the FanPass was named, by domain or profile, if anywhere.
    #[arg(skip)]
    pub target_from: Found,
    /// File that holds the token, readable by you alone; FANPASS_TOKEN holds the token itself
    #[arg(long, global = true, value_name = "FILE", env = "FANPASS_TOKEN_FILE", hide_env_values = true)]
    pub token_file: Option<PathBuf>,
    /// Where `token_file` was found, if anywhere.
    #[arg(skip)]
    pub token_file_from: Found,
    /// Folder of profiles and tokens
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "FANPASS_CONFIG",
        hide_env_values = true,
        hide_short_help = true
    )]
    pub config: Option<PathBuf>,
    /// HTTP stack to send with
    #[arg(long, global = true, value_enum, default_value_t = Stack::Auto, hide_short_help = true)]
    pub transport: Stack,
    /// Send the token over plain HTTP to this host, which is not this machine
    #[arg(long, global = true, value_name = "HOST", hide_short_help = true)]
    pub allow_plain_http: Option<String>,
    /// Print results as JSON
    #[arg(long, global = true)]
    pub json: bool,
    /// Print results and errors only
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Log what happens to standard error; twice for more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
}

/// Where an option was found: what stands on the command line was meant for this very command, and more than what stands in its file,
/// which is meant for each command with it. The environment is for whatever comes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Found {
    #[default]
    Nowhere,
    Environment,
    File,
    CommandLine,
}

/// The HTTP stacks that the tool is built with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Stack {
    /// Reqwest where the environment names a proxy, else hyper
    Auto,
    /// Follows the proxy settings of the environment
    Reqwest,
    /// Knows no proxies, and does less work per request
    Hyper,
}

impl Cli {
    /// The command line of this process.
    ///
    /// An environment variable that is empty counts as unset, and one that speaks of another FanPass does not keep
    /// anybody from `--local`.
    pub fn read() -> Result<Self, clap::Error> {
        if let Some(argument) = env::args_os().find(|argument| argument.to_str().is_none()) {
            let message = format!(
                "\"{}\" is not UTF-8, so that no report, ledger or reject file could name it: give the file another name",
                argument.display()
            );
            return Err(Self::command().error(ErrorKind::InvalidUtf8, message));
        }
        let is_empty = |name: &OsStr| env::var_os(name).is_some_and(|value| value.is_empty());
        let without =
            |which: &dyn Fn(&OsStr) -> bool| with_whole_examples(without_variables(Self::command(), which));
        let mut command = without(&is_empty);
        let matches = match command.try_get_matches_from_mut(env::args_os()) {
            Ok(matches) => matches,
            // Usage would show an option that a variable gives as if the command line had to.
            Err(error) if error.use_stderr() => {
                return Err(without(&|_| true).try_get_matches_from(env::args_os()).err().unwrap_or(error));
            }
            help => help?,
        };
        let mut cli = Self::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
        cli.global.token_file_from = found(&matches, "token_file");
        cli.global.data_from = found(&matches, "data");
        if cli.global.local {
            for (id, argument) in [("domain", "--domain <DOMAIN>"), ("profile", "--profile <NAME>")] {
                if is_stated(&matches, id) {
                    let message = format!("the argument '--local' cannot be used with '{argument}'");
                    return Err(command.error(ErrorKind::ArgumentConflict, message));
                }
            }
            (cli.global.domain, cli.global.profile) = (None, None);
        }
        let (domain, profile) = (found(&matches, "domain"), found(&matches, "profile"));
        cli.global.target_from = domain.max(profile);
        if domain < profile {
            cli.global.domain = None;
        } else if profile < domain {
            cli.global.profile = None;
        }
        Ok(cli)
    }
}

fn found(matches: &ArgMatches, id: &str) -> Found {
    match matches.value_source(id) {
        Some(ValueSource::CommandLine) => Found::CommandLine,
        Some(ValueSource::EnvVariable) => Found::Environment,
        _ => Found::Nowhere,
    }
}

fn is_stated(matches: &ArgMatches, id: &str) -> bool {
    found(matches, id) == Found::CommandLine
}

/// Lets options be given on the command line only whose variable is one of `which`.
fn without_variables(command: clap::Command, which: &dyn Fn(&OsStr) -> bool) -> clap::Command {
    let ids: Vec<_> = command
        .get_arguments()
        .filter(|argument| argument.get_env().is_some_and(which))
        .map(|argument| argument.get_id().clone())
        .collect();
    let reset = |command: clap::Command, id| command.mut_arg(id, |argument| argument.env(Resettable::Reset));
    ids.into_iter().fold(command, reset).mut_subcommands(|command| without_variables(command, which))
}

/// Keeps examples, which are indented, from being broken where a terminal is narrow: they are there to be copied.
fn with_whole_examples(command: clap::Command) -> clap::Command {
    let whole = |help: &clap::builder::StyledStr| {
        let line = |line: &str| {
            if line.starts_with(' ') { line.replace(' ', UNBROKEN) } else { line.to_owned() }
        };
        help.to_string().lines().map(line).collect::<Vec<_>>().join("\n")
    };
    let (short, long) = (command.get_after_help().map(whole), command.get_after_long_help().map(whole));
    let command = short.into_iter().fold(command, clap::Command::after_help);
    let command = long.into_iter().fold(command, clap::Command::after_long_help);
    command.mut_subcommands(with_whole_examples)
}

fn after_help() -> String {
    format!(
        "Examples:\n  \
         fanpass check holders.csv\n  \
         fanpass segments push season-ticket-holders --file holders.csv --local --wait\n  \
         fanpass users update 00042 --set custom.loyalty_tier=gold --local\n  \
         fanpass serve\n\n{}",
        Exit::table().trim_end()
    )
}
