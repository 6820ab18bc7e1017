//! What a request asks for: which service, which operation, for whom and where.

use serde_json::Value;

use crate::server::{Reply, Request};

use super::xml;

/// The services that the server speaks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    Ec2,
    Sts,
    Iam,
    Organizations,
    Quotas,
    CloudTrail,
}

/// A request, understood.
#[derive(Debug)]
pub struct Call<'r> {
    pub service: Service,
    pub operation: String,
    /// What the access key tells; [`key_of`] writes it there.
    pub account: Option<String>,
    /// As the credential scope tells it.
    pub region: String,
    request: &'r Request,
}

/// Returns the access key of a session in an account, which later requests are told by.
pub fn key_of(account: &str) -> String {
    format!("ASIA{account}")
}

impl<'r> Call<'r> {
    /// Understands a request; `None` if nobody signed it, or it is for another service.
    pub fn of(request: &'r Request) -> Option<Self> {
        if request.method != "POST" || request.path != "/" {
            return None;
        }
        let credential = request.header("authorization")?.split_once("Credential=")?.1;
        let scope: Vec<_> = credential.split_once(',')?.0.split('/').collect();
        let &[key, _, region, service, "aws4_request"] = scope.as_slice() else { return None };
        let service = match service {
            "ec2" => Service::Ec2,
            "sts" => Service::Sts,
            "iam" => Service::Iam,
            "organizations" => Service::Organizations,
            "servicequotas" => Service::Quotas,
            "cloudtrail" => Service::CloudTrail,
            _ => return None,
        };
        let operation = match request.header("x-amz-target") {
            Some(target) => target.rsplit('.').next()?.to_owned(),
            None => request.parameter("Action")?,
        };
        let account = key.strip_prefix("ASIA").map(str::to_owned);
        Some(Self { service, operation, account, region: region.to_owned(), request })
    }

    /// Returns a parameter, whichever way the service spells its requests.
    pub fn parameter(&self, name: &str) -> Option<String> {
        if matches!(self.service, Service::Ec2 | Service::Sts) {
            return self.request.parameter(name);
        }
        let body: Value = serde_json::from_slice(&self.request.body).ok()?;
        match body.get(name)? {
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }

    /// Returns the parameters `NAME.1`, `NAME.2`…
    pub fn parameters(&self, name: &str) -> Vec<String> {
        (1..).map_while(|number| self.parameter(&format!("{name}.{number}"))).collect()
    }

    /// Returns the values of a filter.
    pub fn filter(&self, name: &str) -> Vec<String> {
        (1..)
            .map_while(|number| Some((number, self.parameter(&format!("Filter.{number}.Name"))?)))
            .find(|(_, filter)| filter == name)
            .map(|(number, _)| self.parameters(&format!("Filter.{number}.Value")))
            .unwrap_or_default()
    }

    /// Returns a refusal in the way of the service.
    pub fn refuse(&self, status: u16, code: &str, message: &str) -> Reply {
        match self.service {
            Service::Ec2 => Reply::new(status, "text/xml;charset=UTF-8", xml::refusal(code, message)),
            Service::Sts | Service::Iam => {
                let (code, message) = (xml::escaped(code), xml::escaped(message));
                let body = format!(
                    "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
                     <Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
                     <RequestId>c6104cbe-af31-11e0-8154-cbc7ccf896c7</RequestId></ErrorResponse>"
                );
                Reply::new(status, "text/xml", body)
            }
            Service::Organizations | Service::Quotas | Service::CloudTrail => {
                let body = serde_json::json!({ "__type": code, "Message": message });
                Reply::new(status, "application/x-amz-json-1.1", body.to_string())
            }
        }
    }
}
