def find(question):
    return {"rules": "A parcel is late after two weeks."}
