//! The contract of the store, held to by every kind of store for real.
//!
//! `Memory`, a data directory and PostgreSQL run the same list of promises; each promise gets an empty store.

mod promise;
mod record;

use std::path::PathBuf;

use allclear_store::{Location, Store};
use allclear_testkit::Postgres;
use sqlx::Connection;

/// An empty store, and a way to reach behind it.
pub(crate) struct Place {
    pub(crate) location: Location,
    pub(crate) store: Store,
}

impl Place {
    async fn new(location: Location) -> Self {
        let store = Store::open(&location).await.expect("an empty store opens");
        Self { location, store }
    }

    /// A second handle: another replica where there can be one, otherwise a clone.
    pub(crate) async fn replica(&self) -> Store {
        match &self.location {
            Location::Postgres(_) => Store::open(&self.location).await.expect("a second replica opens"),
            Location::DataDir(_) | Location::Memory => self.store.clone(),
        }
    }

    /// Changes what is stored behind the store's back; false where nobody can, because it is in our memory only.
    pub(crate) async fn tamper(&self, file: &str, statements: &'static str) -> bool {
        match &self.location {
            Location::Memory => return false,
            Location::DataDir(path) => {
                let address = format!("sqlite://{}", path.join(file).display());
                let mut connection = sqlx::SqliteConnection::connect(&address).await.expect("the file opens");
                sqlx::raw_sql(statements).execute(&mut connection).await.expect("the statements run");
            }
            Location::Postgres(address) => {
                let mut connection = sqlx::PgConnection::connect(address).await.expect("the database opens");
                sqlx::raw_sql(statements).execute(&mut connection).await.expect("the statements run");
            }
        }
        true
    }
}

async fn in_memory() -> Option<(Place, ())> {
    Some((Place::new(Location::Memory).await, ()))
}

async fn in_a_directory() -> Option<(Place, tempfile::TempDir)> {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let path: PathBuf = directory.path().join("new").join("data");
    Some((Place::new(Location::DataDir(path)).await, directory))
}

async fn in_postgres() -> Option<(Place, ())> {
    let address = Postgres::shared()?.database();
    Some((Place::new(Location::Postgres(address)).await, ()))
}

/// One test per promise, in a module per kind of store.
macro_rules! contract {
    ($($promise:ident),* $(,)?) => {
        contract!(@memory in_memory: $($promise),*);
        contract!(@directory in_a_directory: $($promise),*);
        contract!(@postgres in_postgres: $($promise),*);
    };
    (@$kind:ident $place:ident: $($promise:ident),*) => {
        mod $kind {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $promise() {
                    let Some((place, _kept)) = super::$place().await else { return };
                    super::promise::$promise(place).await;
                }
            )*
        }
    };
}

contract!(
    an_empty_log_ends_before_everything,
    what_was_appended_is_read_back_in_order,
    records_are_found_by_incident_run_and_kind,
    an_incident_is_found_wherever_it_goes_on_in_a_long_log,
    an_append_on_an_older_log_is_refused_and_says_where_the_log_ends,
    records_that_do_not_follow_are_refused,
    of_many_appends_at_one_position_exactly_one_wins,
    many_writers_that_decide_again_build_one_chain,
    followers_hear_of_what_is_appended,
    an_event_that_was_changed_is_found,
    events_that_changed_places_are_found,
    an_event_that_was_taken_out_is_found,
    an_event_that_is_filed_wrongly_is_found,
    an_incident_that_no_index_leads_to_is_found,
    an_end_that_was_cut_off_is_found_with_a_head_kept_elsewhere,
    an_event_that_cannot_be_read_is_named_and_the_others_are_still_read,
    an_export_becomes_the_same_log,
    a_damaged_export_leaves_nothing_behind,
    the_newest_snapshot_that_fits_the_log_is_found,
    the_lease_has_one_holder_and_its_token_grows,
    an_append_under_a_lost_lease_is_refused,
    samples_add_up_in_every_resolution,
    two_recorders_lose_nothing,
    old_rollups_are_forgotten_by_resolution,
    the_last_sample_is_kept_whole,
    output_is_kept_by_digest_and_damage_is_said,
    a_store_of_a_newer_version_is_refused,
    a_store_is_found_again_as_it_was_left,
);
