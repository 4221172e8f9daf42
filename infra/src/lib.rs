//! infra

pub mod postgres;
