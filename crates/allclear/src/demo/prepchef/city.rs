//! What each city wants of a food business, and what that costs.
//!
//! Fees are whole cents and sums are exact. The figures are made up for the example; no authority charges them.

use axum::Json;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::answer::{No, body};

/// A city and its permits.
#[derive(Debug, Serialize)]
pub(super) struct City {
    slug: &'static str,
    name: &'static str,
    currency: &'static str,
    permits: &'static [Permit],
}

/// One thing to be held, passed or paid.
#[derive(Debug, Serialize)]
struct Permit {
    id: &'static str,
    name: &'static str,
    authority: &'static str,
    /// Who must have it: `chef`, `kitchen`, or both.
    held_by: &'static [Party],
    fee_cents: u64,
    per: Unit,
}

/// Who asks: somebody who cooks in a kitchen by the hour, or whoever runs the kitchen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Party {
    #[default]
    Chef,
    /// `operator` is another word for whoever runs the kitchen.
    #[serde(alias = "operator")]
    Kitchen,
}

/// What a fee is counted by.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Unit {
    Year,
    Seat,
    /// Each begun hundred square feet.
    HundredSqft,
    Inspection,
    Reinspection,
}

const CHEF: &[Party] = &[Party::Chef];
const KITCHEN: &[Party] = &[Party::Kitchen];
const BOTH: &[Party] = &[Party::Chef, Party::Kitchen];

static CITIES: [City; 2] = [
    City {
        slug: "san_francisco",
        name: "San Francisco",
        currency: "USD",
        permits: &[
            permit("business-registration", "Business registration", "Tax office", BOTH, 9_150, Unit::Year),
            permit("food-handler", "Food handler training", "Health department", CHEF, 1_295, Unit::Year),
            permit("shared-kitchen-use", "Use of a shared kitchen", "Health department", CHEF, 34_275, Unit::Year),
            permit("health-permit", "Permit to operate", "Health department", KITCHEN, 118_840, Unit::Year),
            permit("floor-area", "Floor area", "Health department", KITCHEN, 2_715, Unit::HundredSqft),
            permit("seating", "Seating", "Fire department", KITCHEN, 385, Unit::Seat),
            permit("inspection", "Routine inspection", "Health department", BOTH, 19_733, Unit::Inspection),
            permit("reinspection", "Follow-up inspection", "Health department", BOTH, 24_667, Unit::Reinspection),
        ],
    },
    City {
        slug: "joshua_tree",
        name: "Joshua Tree",
        currency: "USD",
        permits: &[
            permit("business-licence", "Business licence", "County clerk", BOTH, 6_800, Unit::Year),
            permit("food-handler", "Food handler card", "County public health", CHEF, 950, Unit::Year),
            permit("health-permit", "Food facility permit", "County public health", KITCHEN, 64_310, Unit::Year),
            permit("floor-area", "Floor area", "County public health", KITCHEN, 1_105, Unit::HundredSqft),
            permit("septic", "Septic review", "Water board", KITCHEN, 42_050, Unit::Year),
            permit("inspection", "Routine inspection", "County public health", BOTH, 12_225, Unit::Inspection),
            permit("reinspection", "Follow-up inspection", "County public health", BOTH, 15_475, Unit::Reinspection),
        ],
    },
];

const fn permit(
    id: &'static str,
    name: &'static str,
    authority: &'static str,
    held_by: &'static [Party],
    fee_cents: u64,
    per: Unit,
) -> Permit {
    Permit { id, name, authority, held_by, fee_cents, per }
}

/// What an estimate is asked for.
#[derive(Debug, Deserialize)]
pub(super) struct Business {
    seats: u32,
    sqft: u32,
    #[serde(default)]
    inspections_per_year: u32,
    #[serde(default)]
    reinspections_per_year: u32,
    #[serde(default)]
    party: Party,
}

/// What a year costs, item by item.
#[derive(Debug, Serialize)]
pub(super) struct Estimate {
    city: &'static str,
    party: Party,
    currency: &'static str,
    items: Vec<Item>,
    total_cents: u64,
}

#[derive(Debug, Serialize)]
struct Item {
    permit: &'static str,
    name: &'static str,
    per: Unit,
    quantity: u64,
    fee_cents: u64,
    amount_cents: u64,
}

/// Every city that is known.
pub(super) fn slugs() -> Vec<&'static str> {
    CITIES.iter().map(|city| city.slug).collect()
}

/// `GET /city/{slug}/requirements`
pub(super) async fn requirements(Path(slug): Path<String>) -> Result<Json<&'static City>, No> {
    find(&slug).map(Json)
}

/// `POST /city/{slug}/requirements/estimate`
pub(super) async fn estimate(Path(slug): Path<String>, bytes: Bytes) -> Result<Json<Estimate>, No> {
    let city = find(&slug)?;
    let business: Business = body(&bytes)?;
    validate(&business)?;
    Ok(Json(cost(city, &business)))
}

fn find(slug: &str) -> Result<&'static City, No> {
    let unknown = || {
        let known = slugs().join(", ");
        No(StatusCode::NOT_FOUND, format!("there is no city `{slug}`: PrepChef knows {known}"))
    };
    CITIES.iter().find(|city| city.slug == slug).ok_or_else(unknown)
}

fn validate(business: &Business) -> Result<(), No> {
    let limits = [
        ("seats", business.seats, 0, 2_000),
        ("sqft", business.sqft, 1, 200_000),
        ("inspections_per_year", business.inspections_per_year, 0, 52),
        ("reinspections_per_year", business.reinspections_per_year, 0, 52),
    ];
    for (field, value, least, most) in limits {
        if !(least..=most).contains(&value) {
            let sentence = format!("{field} is {value}, but must lie between {least} and {most}");
            return Err(No(StatusCode::UNPROCESSABLE_ENTITY, sentence));
        }
    }
    Ok(())
}

fn cost(city: &City, business: &Business) -> Estimate {
    let wanted = city.permits.iter().filter(|permit| permit.held_by.contains(&business.party));
    let items: Vec<Item> = wanted.map(|permit| item(permit, business)).filter(|item| item.quantity > 0).collect();
    let total_cents = items.iter().map(|item| item.amount_cents).sum();
    Estimate { city: city.slug, party: business.party, currency: city.currency, items, total_cents }
}

fn item(permit: &Permit, business: &Business) -> Item {
    let quantity = u64::from(match permit.per {
        Unit::Year => 1,
        Unit::Seat => business.seats,
        Unit::HundredSqft => business.sqft.div_ceil(100),
        Unit::Inspection => business.inspections_per_year,
        Unit::Reinspection => business.reinspections_per_year,
    });
    Item {
        permit: permit.id,
        name: permit.name,
        per: permit.per,
        quantity,
        fee_cents: permit.fee_cents,
        // Cannot overflow: the limits keep it below 10^10.
        amount_cents: permit.fee_cents * quantity,
    }
}
