//! The pages: functions from what is known to markup. They escape everything, ask nothing and decide nothing.

pub(crate) mod check;
pub(crate) mod form;
pub(crate) mod frame;
pub(crate) mod incident;
pub(crate) mod incident_forms;
pub(crate) mod incident_list;
pub(crate) mod login;
pub(crate) mod problem;
pub(crate) mod review;
pub(crate) mod run;
pub(crate) mod run_step;
pub(crate) mod run_undo;
pub(crate) mod sparkline;
pub(crate) mod status;
pub(crate) mod time;
